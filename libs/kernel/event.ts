import type { Instant } from './instant.ts';
import type { Json, JsonObject } from './json.ts';
import type { StreamName } from './stream-name.ts';

/** Number of an event in its stream, from 0. `NO_STREAM` is the revision of a stream that has no event yet. */
export type Revision = number;
export const NO_STREAM: Revision = -1;

/** Who caused an event. `client`: a client acting for itself; `admin`: an administrator's account; `system`: the server or the command line. */
export interface Actor {
  readonly kind: 'account' | 'client' | 'admin' | 'bootstrap' | 'system';
  readonly id: string | null;
}

/** Personal fields of an event before they are sealed under the key of `owner` (`subject/<sub>`, `client/<client_id>`, `day/<date>`). */
export interface PersonalFields {
  readonly owner: string;
  readonly fields: JsonObject;
}

/** Personal fields as the log holds them: AES-256-GCM, base64url, associated data = event id + stream. */
export interface SealedFields {
  readonly [name: string]: Json;
  readonly key_id: string;
  readonly nonce: string;
  readonly ciphertext: string;
}

/** What a decider hands out: a fact that is not in the log yet. */
export interface NewEvent<Type extends string = string, Data = JsonObject> {
  readonly type: Type;
  readonly version: number;
  readonly data: Data;
  readonly personal?: readonly PersonalFields[];
}

/**
 * A recorded fact: the 13 members of a leaf, in every store the same. Its RFC 8785 form is what the Merkle tree commits to,
 * so a member is never added, renamed or left out; an absent one is null.
 */
export interface RecordedEvent<Type extends string = string, Data = JsonObject> {
  readonly id: string;
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly type: Type;
  readonly version: number;
  readonly time: Instant;
  readonly actor: Actor;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly request: string | null;
  readonly tenant: string | null;
  readonly data: Data;
  readonly pii: readonly SealedFields[] | null;
}
