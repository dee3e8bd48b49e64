import type { JsonObject } from '#kernel/json.ts';
import { type Command, printJson, printTable } from '../command.ts';
import { runOnStore } from '../with-store.ts';

export const doctor: Command = {
  name: 'doctor',
  operands: '',
  summary: 'look at configuration and store, and say what is loose or broken',
  details: 'Exit code 1 when something must be mended. Notices (switches looser than their default, plain http) do not count.',
  options: { json: { type: 'boolean' } },
  optionHelp: [['--json', 'the findings as JSON']],
  maxOperands: 0,
  async run({ json }) {
    const answer = await runOnStore('doctor', {});
    const findings = answer['findings'] as readonly JsonObject[];
    if (json) printJson(answer);
    else printTable([['', 'SUBJECT', 'FINDING'], ...findings.map(({ level, subject, message }) => [level, subject, message].map(String))]);
    return findings.some(({ level }) => level === 'problem') ? 1 : 0;
  },
};
