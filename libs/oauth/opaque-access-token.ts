import { LRUCache } from 'lru-cache';
import { type CredentialKey, secretHash } from '#credentials/credential-keys.ts';
import { seal, sealingKey, unseal } from '#credentials/sealed-token.ts';
import type { Core } from '#runtime/core.ts';
import type { AccessTokenClaims } from './access-token.ts';

const PREFIX = 'gla_';

/** Opened tokens kept in memory. */
const REMEMBERED = 20_000;

/** What was sealed in a token, by SHA-256 of the token: that can never change. By key, so that nothing outlives a key that was destroyed. */
const remembered = new WeakMap<CredentialKey, LRUCache<string, AccessTokenClaims>>();

function rememberedUnder(key: CredentialKey): LRUCache<string, AccessTokenClaims> {
  const present = remembered.get(key) ?? new LRUCache<string, AccessTokenClaims>({ max: REMEMBERED });
  remembered.set(key, present);
  return present;
}

export const isOpaque = (token: string): boolean => token.startsWith(PREFIX);

/** An opaque access token: its claims, sealed. */
export async function sealAccessToken(core: Core, claims: AccessTokenClaims): Promise<string> {
  return seal(PREFIX, await core.credentialKeys.active(), core.random.bytes(12), Buffer.from(JSON.stringify(claims)));
}

/** The claims of an opaque access token; null for anything that this server did not make, byte for byte. */
export async function openSealedAccessToken(core: Core, token: string): Promise<AccessTokenClaims | null> {
  const key = await sealingKey(PREFIX, core.credentialKeys, token);
  if (key === null) return null;
  const known = rememberedUnder(key);
  const tokenHash = secretHash(token);
  const claims = known.get(tokenHash);
  if (claims !== undefined) return claims;
  const opened = await unseal(PREFIX, core.credentialKeys, token);
  if (opened === null) return null;
  const fresh: AccessTokenClaims = JSON.parse(opened.content.toString());
  known.set(tokenHash, fresh);
  return fresh;
}
