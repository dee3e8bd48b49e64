import type { JsonObject } from '#kernel/json.ts';
import { type Command, print, printJson, printTable } from '../command.ts';
import { runOnStore } from '../with-store.ts';

export const keysRotate: Command = {
  name: 'keys rotate',
  operands: '',
  summary: 'change the signing keys, also of a running server',
  details: 'The announced key of every algorithm becomes the active one, and the next is announced. The one before stays published until its tokens have expired.',
  options: { compromised: { type: 'boolean' }, json: { type: 'boolean' } },
  optionHelp: [
    ['--compromised', 'withdraw the keys before at once: what they signed is refused everywhere'],
    ['--json', 'the keys as JSON'],
  ],
  maxOperands: 0,
  async run({ flags, json }) {
    const answer = await runOnStore('keys/rotate', { compromised: flags['compromised'] === true });
    if (json) printJson(answer);
    else {
      const items = answer['items'] as readonly JsonObject[];
      printTable([['ALG', 'STATUS', 'KID', 'CREATED'], ...items.map((key) => [key['alg'], key['status'], key['kid'], key['created_at']].map(String))]);
      print('\nrotated');
    }
    return 0;
  },
};
