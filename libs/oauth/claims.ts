import type { JsonObject } from '#kernel/json.ts';
import type { Scope } from '#kernel/scope.ts';

/** Claims that each scope asks for (OpenID Connect Core 5.4). */
export const CLAIMS_OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  profile: ['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

/** Of an account’s claims, those that the scopes cover. */
export function claimsByScope(scope: Scope, claims: JsonObject): JsonObject {
  const names = scope.flatMap((token) => CLAIMS_OF_SCOPE[token] ?? []);
  return Object.fromEntries(names.flatMap((name) => (claims[name] === undefined || claims[name] === null ? [] : [[name, claims[name]]])));
}
