import { secretHash } from '#credentials/credential-keys.ts';
import { deriveRefreshSecret } from '#credentials/sealed-token.ts';
import type { Instant } from '#kernel/instant.ts';
import type { Scope } from '#kernel/scope.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { AccessTokenFact, RefreshTokenFact } from './events.ts';

/** The fact of an access token that is about to be issued. `lifetime` in seconds. */
export function accessTokenFact(core: Core, scope: Scope, audience: string, lifetime: number): AccessTokenFact {
  // Whole seconds: the token says them (NumericDate), and a repeated answer must say the same.
  const issuedAt = Math.floor(core.clock.now() / 1000) * 1000;
  return { jti: core.random.uuid(), scope: [...scope], audience: [audience], issued_at: toInstant(issuedAt), expires_at: toInstant(issuedAt + lifetime * 1000) };
}

/** The refresh token that a grant begins with, and the absolute end of its family; both null for a client that is not registered for refresh tokens. */
export async function firstRefreshToken(core: Core, grantId: string, isWanted: boolean): Promise<{ readonly refreshToken: RefreshTokenFact | null; readonly absoluteExpiresAt: Instant | null }> {
  if (!isWanted) return { refreshToken: null, absoluteExpiresAt: null };
  const { refreshToken: idle, refreshTokenAbsolute: absolute } = core.config.lifetimes;
  const now = core.clock.now();
  const refreshToken = await refreshTokenFact(core, grantId, 0, now + Math.min(idle, absolute) * 1000);
  return { refreshToken, absoluteExpiresAt: toInstant(now + absolute * 1000) };
}

/** The fact of one generation of a refresh token: a fresh salt, from which the active credential key derives its secret. */
export async function refreshTokenFact(core: Core, grantId: string, generation: number, expiresAt: number): Promise<RefreshTokenFact> {
  const key = await core.credentialKeys.active();
  const salt = core.random.bytes(16).toString('base64url');
  const { secret } = deriveRefreshSecret(key, salt, grantId, generation);
  return { generation, key_id: key.id, salt, hash: secretHash(secret), expires_at: toInstant(expiresAt) };
}
