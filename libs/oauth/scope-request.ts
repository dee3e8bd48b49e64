import type { ClientState } from '#client/projection.ts';
import { difference, intersection, parseScope, type Scope, scopeOf } from '#kernel/scope.ts';
import { OPENID_SCOPES } from '#runtime/config/resources.ts';
import type { Core } from '#runtime/core.ts';
import { OAuthError } from './errors.ts';
import { knownScopes } from './resources.ts';

/** Scopes a client may ask for; without registered ones, those of OpenID. */
export const registeredScope = (client: ClientState): Scope => (client.metadata.scope === undefined ? scopeOf(OPENID_SCOPES) : (parseScope(client.metadata.scope) ?? []));

/**
 * The scope of a request, read against what the client is registered for. A known scope that is not registered is refused;
 * an unknown one is left out of an OpenID request (OpenID Connect Core 3.1.2.1) and refused in any other.
 * @throws OAuthError invalid_scope
 */
export function requestedScope(core: Core, client: ClientState, text: string | null): Scope {
  if (text === null) return [];
  const scope = parseScope(text);
  if (scope === null) throw new OAuthError('invalid_scope', 'the scope has characters that RFC 6749 Appendix A.4 does not allow');
  const registered = registeredScope(client);
  const others = difference(scope, registered);
  const known = others.length === 0 ? [] : intersection(others, knownScopes(core.config));
  if (known.length > 0) throw new OAuthError('invalid_scope', `not registered for this client: ${known.join(' ')}`);
  if (others.length > 0 && !scope.includes('openid')) throw new OAuthError('invalid_scope', `unknown scope: ${others.join(' ')}`);
  return scopeOf(intersection(scope, registered));
}
