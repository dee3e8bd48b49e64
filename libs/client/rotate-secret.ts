import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type ClientOutcome, retireSecret as decideRetire, rotateSecret as decideRotate } from './decider.ts';
import { clients } from './projection.ts';
import { newSecret } from './register-client.ts';
import { generateSecret } from './secrets.ts';

export interface RotatedSecret {
  readonly outcome: ClientOutcome;
  readonly secretId: string;
  /** In clear, this once. */
  readonly secret: string;
}

/**
 * Gives a client a new secret; the older ones work for `overlapSeconds` more, 0 ends them at once.
 * @param chosen a secret that was set elsewhere (bootstrap); null makes one
 */
export async function rotateSecret(core: Core, clientId: string, overlapSeconds: number, origin: Origin, chosen: string | null = null): Promise<RotatedSecret> {
  const secret = chosen ?? generateSecret(core);
  const command = await newSecret(core, clientId, secret, core.clock.now() + overlapSeconds * 1000);
  const { outcome } = await core.commands.handle(clients, clientId, decideRotate, command, origin);
  return { outcome, secretId: command.secretId, secret };
}

/** Ends one secret at once. When it resolves, it authenticates nothing any more. */
export async function retireSecret(core: Core, clientId: string, secretId: string, origin: Origin): Promise<ClientOutcome> {
  return (await core.commands.handle(clients, clientId, decideRetire, { secretId }, origin)).outcome;
}
