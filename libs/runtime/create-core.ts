import type { Logger } from 'pino';
import { accessTokens } from '#access-token/projection.ts';
import { createPasswords } from '#account/password.ts';
import { accounts, usernames } from '#account/projection.ts';
import { createSignInThrottle } from '#account/sign-in-throttle.ts';
import { clients } from '#client/projection.ts';
import { createSecretUse } from '#client/secrets.ts';
import { consents } from '#consent/projection.ts';
import { createCredentialKeys } from '#credentials/credential-keys.ts';
import { createJwts } from '#credentials/jwt.ts';
import { createKeyring } from '#credentials/keyring.ts';
import { createFailedAttempts } from '#failed-attempt/failed-attempts.ts';
import { grants } from '#grant/projection.ts';
import { notices } from '#notice/projection.ts';
import { createClientKeys } from '#client/client-keys.ts';
import type { Clock } from '#ports/clock.ts';
import type { EphemeralStore } from '#ports/ephemeral-store.ts';
import type { EventStore } from '#ports/event-store.ts';
import type { Journal } from '#ports/journal.ts';
import type { KeyVault } from '#ports/key-vault.ts';
import type { Random } from '#ports/random.ts';
import type { ReadModels } from '#ports/read-models.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '#signing-key/algorithms.ts';
import { createKeyStore } from '#signing-key/key-store.ts';
import { signingKeys } from '#signing-key/projection.ts';
import { sessions } from '#session/projection.ts';
import { parseRanges } from './caller.ts';
import { resolvePaths } from './config/paths.ts';
import type { Config } from './config/schema.ts';
import type { Core } from './core.ts';
import { createFactLog } from './fact-log.ts';
import { createCommandHandler, type Origin } from './handle-command.ts';

/** Every aggregate that has a read model; a store makes a collection for each. */
export const AGGREGATES = [accounts, usernames, clients, consents, grants, notices, sessions, signingKeys, accessTokens] as const;
export const COLLECTIONS: readonly string[] = AGGREGATES.map((aggregate) => aggregate.collection);

export interface CoreOptions {
  readonly config: Config;
  readonly issuer: string;
  readonly masterKey: Buffer;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly stores: { readonly events: EventStore; readonly readModels: ReadModels; readonly journal: Journal; readonly ephemeral: EphemeralStore; readonly vault: KeyVault };
}

const SYSTEM: Origin = { actor: { kind: 'system', id: null }, request: null };

/** Puts the parts together. Reads and writes nothing yet. */
export function createCore({ config, issuer, masterKey, log, clock, random, stores }: CoreOptions): Core {
  const { events, readModels, journal, ephemeral, vault } = stores;
  const keyring = createKeyring(vault, masterKey, random);
  const commands = createCommandHandler({ events, readModels, journal, keyring, clock, random });
  const keys = createKeyStore({ commands, keyring, clock, random, algorithms: SIGNING_ALGORITHMS });
  return {
    config,
    issuer,
    paths: resolvePaths(config.paths, config.pages, issuer),
    clock,
    random,
    log,
    commands,
    readModels,
    ephemeral,
    keyring,
    keys,
    credentialKeys: createCredentialKeys(keyring, random),
    jwts: createJwts(keys),
    clientKeys: createClientKeys({ config, clock }),
    secretUse: createSecretUse({ ephemeral, clock, log }),
    clientCredentials: createFactLog('clientCredentials', { commands, clock, random }),
    failedAttempts: createFailedAttempts({ facts: createFactLog('failedAttempts', { commands, clock, random }), clock, log }),
    passwords: createPasswords(),
    signInThrottle: createSignInThrottle({ ephemeral, clock }),
    trustedProxies: parseRanges(config.trustedProxies),
    ensureSigningKeys: async (algorithms) => {
      await Promise.all([...new Set(algorithms)].map((alg) => keys.ensure(alg, SYSTEM)));
    },
  };
}

/** Algorithms that tokens are signed with whoever the clients are: access tokens of each resource, and ID tokens by default. */
export function algorithmsInUse(config: Config): readonly SigningAlgorithm[] {
  return ['ES256', 'RS256', ...config.resources.map((resource) => resource.accessTokenSigningAlg)];
}
