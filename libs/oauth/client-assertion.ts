import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JSONWebKeySet, type JWK, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import { type ClientState, clients } from '#client/projection.ts';
import { secretHash } from '#credentials/credential-keys.ts';
import type { Document } from '#kernel/aggregate.ts';
import { endpointUrl } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';
import { SIGNING_ALGORITHMS } from '#signing-key/algorithms.ts';
import { OAuthError } from './errors.ts';

/** RFC 7523 2.2. */
export const CLIENT_ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Longest time from now to `exp`, in seconds: an assertion made for years is a password. */
const MAX_LIFETIME = 3600;
const CLOCK_TOLERANCE = 5;
const MAX_ASSERTION_CHARACTERS = 8192;
/** The name that RFC 9864 gives to EdDSA with this curve, and that newer clients sign under; in keys and registrations it is the same here. */
const ED25519 = 'Ed25519';
const MAX_KID_CHARACTERS = 128;

/** The detail may quote the assertion: bounded, and for the log of the process only. */
const refused = (detail: string) => new OAuthError('invalid_client', 'client authentication failed', { detail: detail.slice(0, 200) });

/** The client that an assertion says it is from; believed only after the signature. */
function claimedClient(assertion: string): string {
  try {
    const { sub, iss } = decodeJwt(assertion);
    if (typeof sub === 'string' && sub === iss) return sub;
  } catch {
    throw refused('the assertion is not a JWT');
  }
  throw refused('iss and sub of the assertion must both be the client_id');
}

/** Audiences a client may name: the issuer as one string, or by policy the token endpoint too (an array is refused: it could be meant for another server as well). */
function isForUs(core: Core, audience: unknown): boolean {
  if (audience === core.issuer) return true;
  return core.config.policy.clientAssertionAudience === 'issuer-or-token-endpoint' && audience === endpointUrl(core.issuer, core.paths.token);
}

async function verifySignature(core: Core, client: ClientState, assertion: string) {
  const { metadata } = client;
  const registered: readonly string[] = metadata.token_endpoint_auth_signing_alg === undefined ? SIGNING_ALGORITHMS : [metadata.token_endpoint_auth_signing_alg];
  const algorithms = registered.includes('EdDSA') ? [...registered, ED25519] : [...registered];
  const options = { algorithms, issuer: client.clientId, subject: client.clientId, requiredClaims: ['exp', 'jti', 'aud'], clockTolerance: CLOCK_TOLERANCE, currentDate: new Date(core.clock.now()) };
  const verify = async (refresh: boolean) => verifyByAny(assertion, (await core.clientKeys.of(metadata, refresh)) as JSONWebKeySet, options);
  try {
    return await verify(false);
  } catch (error) {
    // A kid that is not in the copy we have may have been added since.
    if (error instanceof errors.JWKSNoMatchingKey && metadata.jwks_uri !== undefined) return verify(true);
    throw error;
  }
}

/** A registered key as jose is to match it: under the assertion’s kid if it has none of its own, and an Ed25519 key under either name of its algorithm. */
function candidate({ alg, ...key }: JWK, kid: unknown): JWK {
  const named = typeof kid === 'string' ? { kid, ...key } : key;
  return alg === undefined || alg === 'EdDSA' || alg === ED25519 ? named : { ...named, alg };
}

/** A registered key may lack `kid` (it fits any then), and so may the assertion: each key that fits is tried. */
async function verifyByAny(assertion: string, { keys }: JSONWebKeySet, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const { kid } = decodeProtectedHeader(assertion);
  const candidates = keys.map((key) => candidate(key, kid));
  try {
    return await jwtVerify(assertion, createLocalJWKSet({ keys: candidates }), options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(assertion, key, options);
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw inner;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/**
 * Verifies a client assertion (RFC 7523 3, OpenID Connect Core 9): signature by a registered key with an allowed algorithm, `iss` = `sub` = client,
 * audience this server, not expired, its `jti` never seen before in any process.
 * @throws OAuthError invalid_client; StoreUnavailable when the `jti` cannot be checked
 */
export async function verifyClientAssertion(core: Core, assertion: string, clientId: string | null): Promise<{ readonly document: Document<ClientState>; readonly kid: string | null }> {
  if (assertion.length > MAX_ASSERTION_CHARACTERS) throw refused('the assertion is too long');
  const claimed = claimedClient(assertion);
  if (clientId !== null && clientId !== claimed) throw refused('client_id differs from the one in the assertion');
  const document = claimed.length > 128 ? null : await core.commands.load(clients, claimed);
  if (document === null || document.state.status !== 'active') throw refused(`client is ${document?.state.status ?? 'unknown'}`);
  const registered = document.state.metadata.token_endpoint_auth_method;
  if (registered !== 'private_key_jwt') throw refused(`method private_key_jwt was used, ${registered} is registered`);
  const { payload, protectedHeader } = await verifySignature(core, document.state, assertion).catch((error: unknown) => {
    // Whatever jose or the registered key makes of the assertion: it does not authenticate.
    throw error instanceof OAuthError ? error : refused(error instanceof Error ? error.message : String(error));
  });
  const { aud, exp = 0, iat, jti = '' } = payload;
  if (!isForUs(core, aud)) throw refused('the audience must be the issuer, as a string');
  if (typeof jti !== 'string' || jti === '') throw refused('jti must be text');
  if (iat !== undefined && !(typeof iat === 'number' && iat * 1000 <= core.clock.now() + CLOCK_TOLERANCE * 1000)) throw refused('iat is in the future');
  if (exp * 1000 > core.clock.now() + MAX_LIFETIME * 1000) throw refused(`exp is more than ${MAX_LIFETIME} seconds ahead`);
  const fresh = await core.ephemeral.insert('client-assertion', secretHash(`${claimed}\n${jti}`), 1, (exp + CLOCK_TOLERANCE + 1) * 1000);
  if (!fresh) throw refused('the jti was used before');
  // The kid stands in events: only the text of a kid that a key of the client could have.
  const { kid } = protectedHeader;
  return { document, kid: typeof kid === 'string' && kid.length <= MAX_KID_CHARACTERS ? kid : null };
}
