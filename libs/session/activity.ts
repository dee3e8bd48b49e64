import type { AccountState } from '#account/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import { toInstant, toMilliseconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { SessionState } from './projection.ts';

/** Last activity is kept to the minute: a busy browser writes no more often. */
const RESOLUTION_MS = 60_000;
const KIND = 'session-activity';

/** When the session was last used, in milliseconds since the epoch. Without a record (lost, or never used since) it is the sign-in. */
export async function lastActivity(core: Core, session: Document<SessionState>): Promise<number> {
  const record = await core.ephemeral.get<number>(KIND, session.id);
  return Math.max(record?.value ?? 0, toMilliseconds(session.state.authTime));
}

/** Whether a session holds now: not ended, within its absolute and idle time, and its account as it was. */
export async function isAlive(core: Core, session: Document<SessionState>, account: AccountState): Promise<boolean> {
  const { state } = session;
  const now = core.clock.now();
  if (state.status !== 'active' || state.expiresAt <= toInstant(now)) return false;
  if (account.status !== 'active' || account.epoch !== state.accountEpoch || account.sub !== state.sub) return false;
  return (await lastActivity(core, session)) + core.config.lifetimes.session * 1000 > now;
}

/** Notes that the session was used, at most once a minute. */
export async function touch(core: Core, session: Document<SessionState>): Promise<void> {
  const now = core.clock.now();
  if (now - (await lastActivity(core, session)) < RESOLUTION_MS) return;
  await core.ephemeral.max(KIND, session.id, now, now + core.config.lifetimes.session * 1000);
}
