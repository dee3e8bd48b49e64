import { intersection, type Scope, scopeOf } from '#kernel/scope.ts';
import { MANAGEMENT_SCOPES, OPENID_SCOPES } from '#runtime/config/resources.ts';
import type { Config } from '#runtime/config/schema.ts';
import type { Core } from '#runtime/core.ts';
import type { SigningAlgorithm } from '#signing-key/algorithms.ts';
import { OAuthError } from './errors.ts';

/** A protected resource: whose access tokens look how, and live how long. */
export interface Resource {
  readonly identifier: string;
  readonly scopes: Scope;
  readonly accessTokenFormat: 'jwt' | 'opaque';
  readonly accessTokenSigningAlg: SigningAlgorithm;
  readonly accessTokenHeaderTyp: 'at+jwt' | 'JWT';
  /** Seconds. */
  readonly lifetime: number;
}

export const isManagementScope = (token: string): boolean => MANAGEMENT_SCOPES.some((scope) => scope === token);

export const managementResource = (issuer: string): string => `${issuer}/admin`;

/** The identifier that a token without `resource` has as its audience. */
export const defaultResource = (core: Pick<Core, 'config' | 'issuer'>): string => core.config.resources.find((resource) => resource.default)?.identifier ?? core.issuer;

/** A resource by its identifier; null when this server does not know it. */
export function resourceOf(core: Pick<Core, 'config' | 'issuer'>, identifier: string): Resource | null {
  const { resources, lifetimes } = core.config;
  const configured = resources.find((resource) => resource.identifier === identifier);
  if (configured === undefined && identifier !== core.issuer && identifier !== managementResource(core.issuer)) return null;
  return {
    identifier,
    scopes: configured?.scopes ?? (identifier === managementResource(core.issuer) ? MANAGEMENT_SCOPES : []),
    accessTokenFormat: configured?.accessTokenFormat ?? 'jwt',
    accessTokenSigningAlg: configured?.accessTokenSigningAlg ?? 'ES256',
    accessTokenHeaderTyp: configured?.accessTokenHeaderTyp ?? 'at+jwt',
    lifetime: configured?.lifetime ?? lifetimes.accessToken,
  };
}

/** Scopes that this server knows whoever asks; a client’s registered scopes are known to it besides. */
export function knownScopes(config: Config): Scope {
  return scopeOf([...OPENID_SCOPES, ...Object.keys(config.scopes), ...config.resources.flatMap((resource) => resource.scopes), ...MANAGEMENT_SCOPES]);
}

/**
 * The resources that a request is about (RFC 8707): those it names, or the management API where its scopes ask for it. Empty: the default.
 * @throws OAuthError invalid_target for an unknown one, and for management scopes beside another resource
 */
export function requestedResources(core: Core, named: readonly string[], scope: Scope): readonly string[] {
  const resources = [...new Set(named)].sort();
  for (const identifier of resources) if (resourceOf(core, identifier) === null) throw new OAuthError('invalid_target', 'the resource is not known to this server');
  const management = managementResource(core.issuer);
  if (!scope.some(isManagementScope)) {
    checkSomethingLeft(core, resources.length === 0 ? [defaultResource(core)] : resources, scope);
    return resources;
  }
  const foreign = core.config.resources.some((resource) => intersection(resource.scopes, scope).length > 0);
  if (foreign || resources.some((identifier) => identifier !== management)) throw new OAuthError('invalid_target', 'management scopes belong to the management API and go with no other resource');
  return [management];
}

/**
 * The one resource of an access token: the one named in the token request, which must be among the granted ones, or the granted one.
 * @throws OAuthError invalid_target
 */
export function tokenResource(core: Core, granted: readonly string[], named: readonly string[]): Resource {
  if (named.length > 1) throw new OAuthError('invalid_target', 'an access token has one resource; ask once for each');
  const identifier = named[0] ?? granted[0] ?? defaultResource(core);
  if (granted.length > 0 ? !granted.includes(identifier) : identifier !== defaultResource(core)) throw new OAuthError('invalid_target', 'the resource was not granted');
  const resource = resourceOf(core, identifier);
  if (resource === null) throw new OAuthError('invalid_target', 'the resource is no longer known to this server');
  return resource;
}

/** A scope of which no token could ever hold anything: refused when it is asked for, not when the tokens turn out empty. */
function checkSomethingLeft(core: Core, identifiers: readonly string[], scope: Scope): void {
  const resources = identifiers.flatMap((identifier) => resourceOf(core, identifier) ?? []);
  if (scope.length > 0 && resources.every((resource) => meaningfulAt(core, resource, scope).length === 0)) throw nothingLeft();
}

const nothingLeft = () => new OAuthError('invalid_target', 'the scope belongs to another resource; name that one with the parameter resource');

/**
 * What of a scope an access token for a resource has: the scopes of the resource, and those that belong to none.
 * @throws OAuthError invalid_target when nothing is left of a scope
 */
export function scopeAt(core: Core, resource: Resource, scope: Scope): Scope {
  const left = meaningfulAt(core, resource, scope);
  if (scope.length > 0 && left.length === 0) throw nothingLeft();
  return left;
}

function meaningfulAt(core: Core, resource: Resource, scope: Scope): Scope {
  const owned = new Set(core.config.resources.flatMap((other) => other.scopes));
  if (resource.identifier === defaultResource(core) && resource.scopes.length === 0) return scope;
  return scope.filter((token) => resource.scopes.includes(token) || (!owned.has(token) && !isManagementScope(token)));
}
