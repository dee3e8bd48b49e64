import { type AccountState, accounts } from '#account/projection.ts';
import { secretHash, sameHash } from '#credentials/credential-keys.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import type { Core } from '#runtime/core.ts';
import { isAlive, touch } from './activity.ts';
import { type SessionState, sessions } from './projection.ts';

/** A live session with the account that it belongs to. */
export interface CurrentSession {
  readonly session: Document<SessionState>;
  readonly account: Document<AccountState>;
}

/** A person who proved who they are, by a session or, in the password grant, by this request alone. */
export interface SignedIn {
  readonly account: Document<AccountState>;
  readonly session: { readonly id: string; readonly revision: number } | null;
  readonly authTime: Instant;
  readonly acr: string;
  readonly amr: readonly string[];
}

export function signedInBy({ session, account }: CurrentSession): SignedIn {
  const { authTime, acr, amr } = session.state;
  return { account, session: { id: session.id, revision: session.revision }, authTime, acr, amr };
}

const COOKIE = /^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/;

/** The cookie’s value: it names its session and the revision that set it; its secret is known here by hash only. */
export const sessionCookie = (sessionId: string, revision: number, secret: string): string => `${sessionId}.${revision}.${secret}`;

/** The session that a cookie opens now; null for anything else, a revision that did not set it included. Reading it counts as activity. */
export async function currentSession(core: Core, cookie: string | null): Promise<CurrentSession | null> {
  const [, id, revision, secret] = COOKIE.exec(cookie ?? '') ?? [];
  if (id === undefined || revision === undefined || secret === undefined) return null;
  const session = await core.commands.load(sessions, id, Number(revision));
  if (session === null || String(session.state.cookieRevision) !== revision || !sameHash(session.state.cookieHash, secretHash(secret))) return null;
  const account = await core.commands.load(accounts, session.state.sub);
  if (account === null || !(await isAlive(core, session, account.state))) return null;
  await touch(core, session);
  return { session, account };
}
