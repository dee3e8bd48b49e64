import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type ClientOutcome, deleteClient as decideDelete, disableClient as decideDisable, enableClient as decideEnable } from './decider.ts';
import { clients } from './projection.ts';

/** Suspends a client: nothing is issued to it, and all its tokens are inactive until it is enabled. */
export async function disableClient(core: Core, clientId: string, origin: Origin): Promise<ClientOutcome> {
  return (await core.commands.handle(clients, clientId, decideDisable, {}, origin)).outcome;
}

/** Ends the suspension; tokens that have not expired meanwhile work again. */
export async function enableClient(core: Core, clientId: string, origin: Origin): Promise<ClientOutcome> {
  return (await core.commands.handle(clients, clientId, decideEnable, {}, origin)).outcome;
}

/** Ends a client and everything issued to it, for good. */
export async function deleteClient(core: Core, clientId: string, origin: Origin): Promise<ClientOutcome> {
  return (await core.commands.handle(clients, clientId, decideDelete, {}, origin)).outcome;
}
