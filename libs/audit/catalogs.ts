import { ACCESS_TOKEN_EVENTS } from '#access-token/events.ts';
import { ACCOUNT_EVENTS, USERNAME_EVENTS } from '#account/events.ts';
import { CLIENT_EVENTS } from '#client/events.ts';
import { CLIENT_CREDENTIALS_EVENTS } from '#client-credentials/events.ts';
import { CONSENT_EVENTS } from '#consent/events.ts';
import { FAILED_ATTEMPT_EVENTS } from '#failed-attempt/events.ts';
import { GRANT_EVENTS } from '#grant/events.ts';
import type { EventCatalog } from '#kernel/event-catalog.ts';
import { NOTICE_EVENTS } from '#notice/events.ts';
import { SESSION_EVENTS } from '#session/events.ts';
import { SIGNING_KEY_EVENTS } from '#signing-key/events.ts';

/** All that can stand in the log, by stream category. An event of any other category or type is not ours, or not readable by this program. */
export const EVENT_CATALOGS = {
  client: CLIENT_EVENTS,
  consent: CONSENT_EVENTS,
  notice: NOTICE_EVENTS,
  grant: GRANT_EVENTS,
  account: ACCOUNT_EVENTS,
  username: USERNAME_EVENTS,
  session: SESSION_EVENTS,
  signingKey: SIGNING_KEY_EVENTS,
  token: ACCESS_TOKEN_EVENTS,
  clientCredentials: CLIENT_CREDENTIALS_EVENTS,
  failedAttempts: FAILED_ATTEMPT_EVENTS,
} as const satisfies { readonly [category: string]: EventCatalog };
