import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { endSession as decide, type SessionOutcome } from './decider.ts';
import { sessions } from './projection.ts';

/** Ends a session and everything that depends on it. When it resolves, every path says no. */
export async function endSession(core: Core, sessionId: string, reason: string, origin: Origin): Promise<SessionOutcome> {
  return (await core.commands.handle(sessions, sessionId, decide, { reason }, origin)).outcome;
}
