import { ConfigError } from './config-error.ts';
import { issuerPath } from './network.ts';
import { type EndpointName, type PagesConfig, type PathsConfig, PRESETS } from './paths-schema.ts';

/** Absolute paths on the server, the issuer's path included. Pages may be absolute URLs instead: then Grantlog serves no page there. */
export interface EndpointPaths {
  /** What pages, `/account` and `/admin/v1` stand behind: the issuer's path; nothing with the preset better-auth, whose pages are at the origin. */
  readonly base: string;
  readonly authorization: string;
  readonly pushedAuthorization: string;
  readonly token: string;
  /** A second path of the token endpoint, for the device grant (preset better-auth). */
  readonly deviceToken: string | null;
  readonly introspection: string;
  readonly revocation: string;
  readonly jwks: string;
  readonly deviceAuthorization: string;
  readonly userinfo: string;
  readonly registration: string;
  readonly endSession: string;
  readonly signInPage: string;
  readonly signInAction: string;
  readonly consentPage: string;
  readonly consentAction: string;
  readonly devicePage: string;
  /** A path that redirects to the device page (preset default). */
  readonly deviceVerification: string | null;
  /** RFC 8414 3: the well-known part inserted before the issuer's path first, then appended to it; one path where they are the same. */
  readonly oauthMetadata: readonly string[];
  readonly openidMetadata: readonly string[];
}

/**
 * Says where each endpoint and page is.
 * @throws ConfigError when two of them would be at one path, or one where something fixed is
 */
export function resolvePaths(paths: PathsConfig, pages: PagesConfig, issuer: string): EndpointPaths {
  const below = issuerPath(issuer);
  const base = paths.preset === 'better-auth' ? '' : below;
  const endpoint = (path: string): string => `${base}${paths.prefix}${path}`;
  const pagePath = (path: string): string => (path.startsWith('/') ? `${base}${path}` : path);
  const wellKnown = (name: string): readonly string[] => [...new Set([`/.well-known/${name}${below}`, `${below}/.well-known/${name}`])];
  const { signIn, consent, ...endpoints } = paths.endpoints;
  const { deviceToken, deviceVerification } = PRESETS[paths.preset];
  const devicePage = pagePath(pages.device);
  const verification = deviceVerification === null ? null : endpoint(deviceVerification);

  const resolved: EndpointPaths = {
    base,
    ...mapValues(endpoints, endpoint),
    deviceToken: deviceToken === null ? null : endpoint(deviceToken),
    signInPage: pagePath(pages.login),
    signInAction: endpoint(signIn),
    consentPage: pagePath(pages.consent),
    consentAction: endpoint(consent),
    devicePage,
    deviceVerification: verification === devicePage ? null : verification,
    oauthMetadata: wellKnown('oauth-authorization-server'),
    openidMetadata: wellKnown('openid-configuration'),
  };
  refuseCollisions(resolved, paths);
  return resolved;
}

const mapValues = <Key extends string>(table: { readonly [key in Key]: string }, change: (value: string) => string): { readonly [key in Key]: string } =>
  Object.fromEntries(Object.entries<string>(table).map(([key, value]) => [key, change(value)])) as { [key in Key]: string };

/** The address of an endpoint: its path at the origin of the issuer. The URL of a page of the user's own is returned as it is. */
export const endpointUrl = (issuer: string, path: string): string => (path.startsWith('/') ? new URL(issuer).origin + path : path);

/** Whether Grantlog serves this page itself (a path), or the user does (an absolute URL). */
export const servesPage = (pagePath: string): boolean => pagePath.startsWith('/');

/** Paths that no key moves, with everything below them. */
const fixedRoots = (base: string): readonly string[] => ['/health', '/.well-known', `${base}/.well-known`, `${base}/admin`, `${base}/account`];

/** A page and the target of its form may share a path: one is read with GET, the other written with POST. */
const FORMS: { readonly [page: string]: string } = { 'pages.login': 'paths.signIn', 'pages.consent': 'paths.consent' };

interface Place {
  readonly key: string;
  readonly path: string;
  readonly usual: string;
  readonly isUsual: boolean;
}

function places(resolved: EndpointPaths, paths: PathsConfig): readonly Place[] {
  const { base } = resolved;
  const usualEndpoints = PRESETS[paths.preset].endpoints;
  const names = Object.keys(usualEndpoints) as EndpointName[];
  const place = (key: string, path: string | null, usual: string, front: string): readonly Place[] => (path?.startsWith('/') ? [{ key, path, usual, isUsual: path === front + usual }] : []);
  return [
    ...names.flatMap((name) => place(`paths.${name}`, `${base}${paths.prefix}${paths.endpoints[name]}`, usualEndpoints[name], base + paths.prefix)),
    ...place('pages.login', resolved.signInPage, '/sign-in', base),
    ...place('pages.consent', resolved.consentPage, '/consent', base),
    ...place('pages.device', resolved.devicePage, '/device', base),
    ...place('paths.preset', resolved.deviceToken, PRESETS['better-auth'].deviceToken, base + paths.prefix),
    ...place('paths.preset', resolved.deviceVerification, PRESETS.default.deviceVerification, base + paths.prefix),
  ];
}

function refuseCollisions(resolved: EndpointPaths, paths: PathsConfig): void {
  const { base } = resolved;
  const roots = fixedRoots(base);
  if (/^\/(?:health|\.well-known)(?:\/|$)/.test(base)) throw new ConfigError('issuer', `the path ${JSON.stringify(base)} is taken`, '"https://auth.example.com"');
  const owners = new Map<string, string>();
  // What somebody set comes last, so that the error names a key that is written somewhere.
  for (const { key, path, usual } of [...places(resolved, paths)].sort((a, b) => Number(b.isUsual) - Number(a.isUsual))) {
    const root = roots.find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
    const owner = root ?? owners.get(path);
    if (owner !== undefined && FORMS[key] !== owner && FORMS[owner] !== key) throw new ConfigError(key, `the path ${JSON.stringify(path)} is taken by ${owner}`, JSON.stringify(usual));
    if (owner === undefined) owners.set(path, key);
  }
}
