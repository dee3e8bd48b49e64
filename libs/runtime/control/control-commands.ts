import { z } from 'zod';
import type { JsonObject } from '#kernel/json.ts';
import { rotateKeys } from '#signing-key/rotate-keys.ts';
import type { Core } from '../core.ts';
import { examine } from '../doctor.ts';
import type { Origin } from '../handle-command.ts';
import { keyList } from '#signing-key/queries.ts';

/** What the command line does to a store: in this process on a store of its own, or in a running server by its control socket. */
interface ControlCommand<Input> {
  readonly input: { safeParse(value: unknown): { success: true; data: Input } | { success: false } };
  readonly run: (core: Core, input: Input) => Promise<JsonObject>;
}

const ORIGIN: Origin = { actor: { kind: 'system', id: null }, request: null };

const define = <Input>(command: ControlCommand<Input>): ControlCommand<unknown> => command as ControlCommand<unknown>;

export const CONTROL_COMMANDS = {
  'keys/rotate': define({
    input: z.strictObject({ compromised: z.boolean().default(false) }),
    run: async (core, { compromised }) => {
      await rotateKeys(core, compromised, ORIGIN);
      return { items: await keyList(core) };
    },
  }),
  doctor: define({
    input: z.strictObject({}),
    run: async (core) => ({ findings: (await examine(core)).map((finding) => ({ ...finding })) }),
  }),
} as const;

export type ControlCommandName = keyof typeof CONTROL_COMMANDS;

export const isControlCommand = (name: string): name is ControlCommandName => Object.hasOwn(CONTROL_COMMANDS, name);
