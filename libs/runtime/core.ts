import type { Logger } from 'pino';
import type { SecretUse } from '#client/secrets.ts';
import type { Passwords } from '#account/password.ts';
import type { SignInThrottle } from '#account/sign-in-throttle.ts';
import type { CredentialKeys } from '#credentials/credential-keys.ts';
import type { Jwts } from '#credentials/jwt.ts';
import type { FailedAttempts } from '#failed-attempt/failed-attempts.ts';
import type { Keyring } from '#credentials/keyring.ts';
import type { Clock } from '#ports/clock.ts';
import type { EphemeralStore } from '#ports/ephemeral-store.ts';
import type { Random } from '#ports/random.ts';
import type { ReadModels } from '#ports/read-models.ts';
import type { ClientKeys } from '#client/client-keys.ts';
import type { SigningAlgorithm } from '#signing-key/algorithms.ts';
import type { KeyStore } from '#signing-key/key-store.ts';
import type { Config } from './config/schema.ts';
import type { EndpointPaths } from './config/paths.ts';
import type { FactLog } from './fact-log.ts';
import type { AddressRange } from './caller.ts';
import type { CommandHandler } from './handle-command.ts';

/** What commands, queries and endpoints work with. Made once, by a service; holds no state of its own. */
export interface Core {
  readonly config: Config;
  /** Byte for byte what tokens and metadata name; no slash is added. */
  readonly issuer: string;
  readonly paths: EndpointPaths;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly commands: CommandHandler;
  readonly readModels: ReadModels;
  readonly ephemeral: EphemeralStore;
  readonly keyring: Keyring;
  readonly credentialKeys: CredentialKeys;
  readonly keys: KeyStore;
  readonly jwts: Jwts;
  readonly clientKeys: ClientKeys;
  readonly secretUse: SecretUse;
  /** Where tokens that clients get for themselves are recorded. */
  readonly clientCredentials: FactLog;
  readonly failedAttempts: FailedAttempts;
  readonly passwords: Passwords;
  readonly signInThrottle: SignInThrottle;
  /** Makes the key sets of these algorithms where they are missing. */
  ensureSigningKeys(algorithms: readonly SigningAlgorithm[]): Promise<void>;
  readonly trustedProxies: readonly AddressRange[];
}
