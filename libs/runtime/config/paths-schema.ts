import { z } from 'zod';
import { isPlainPath } from './network.ts';

/** The endpoints whose paths can be set; their order is that of the reference page. */
const DEFAULT = {
  authorization: '/oauth2/authorize',
  pushedAuthorization: '/oauth2/par',
  token: '/oauth2/token',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  jwks: '/oauth2/jwks',
  deviceAuthorization: '/oauth2/device_authorization',
  userinfo: '/userinfo',
  registration: '/connect/register',
  endSession: '/connect/logout',
  signIn: '/sign-in',
  consent: '/oauth2/consent',
} as const;

export type EndpointName = keyof typeof DEFAULT;
type EndpointTable = { readonly [name in EndpointName]: string };

/** Prefix, endpoints and second paths of each preset. */
export const PRESETS = {
  default: { prefix: '', deviceToken: null, deviceVerification: '/oauth2/device_verification', endpoints: DEFAULT },
  'better-auth': {
    prefix: '/api/auth',
    deviceToken: '/device/token',
    deviceVerification: null,
    endpoints: { ...DEFAULT, jwks: '/jwks', deviceAuthorization: '/device/code', userinfo: '/oauth2/userinfo', registration: '/oauth2/register', endSession: '/oauth2/end-session', signIn: '/sign-in/email' },
  },
} as const satisfies { readonly [preset: string]: { readonly prefix: string; readonly deviceToken: string | null; readonly deviceVerification: string | null; readonly endpoints: EndpointTable } };

/** `paths` of the configuration, resolved: where each endpoint is, behind `prefix`. */
export interface PathsConfig {
  readonly preset: keyof typeof PRESETS;
  readonly prefix: string;
  readonly endpoints: EndpointTable;
}

/** `pages` of the configuration: own paths, or absolute URLs of the user's own pages. */
export interface PagesConfig {
  readonly login: string;
  readonly consent: string;
  readonly device: string;
}

const PATH_MESSAGE = 'expected a path of A-Z a-z 0-9 . _ ~ - without a slash at the end';
const plainPath = z.string().refine((path) => path !== '' && isPlainPath(path), PATH_MESSAGE);
const preset = z.enum(['default', 'better-auth']);
const endpointPath = (name: EndpointName, what: string) => plainPath.exactOptional().meta({ description: `Path of ${what}, behind the prefix.`, examples: [PRESETS.default.endpoints[name]] });

const pathsMap = z.strictObject({
  preset: preset.default('default').meta({ description: 'Where the paths that are not named here come from.', examples: ['default', 'better-auth'] }),
  prefix: z.string().refine(isPlainPath, PATH_MESSAGE).exactOptional().meta({ description: 'What every endpoint stands behind: /api/auth with the preset better-auth, nothing with default.', examples: ['/api/auth'] }),
  authorization: endpointPath('authorization', 'the authorization endpoint'),
  pushedAuthorization: endpointPath('pushedAuthorization', 'the pushed authorization request endpoint'),
  token: endpointPath('token', 'the token endpoint'),
  introspection: endpointPath('introspection', 'the introspection endpoint'),
  revocation: endpointPath('revocation', 'the revocation endpoint'),
  jwks: endpointPath('jwks', 'the JWK set'),
  deviceAuthorization: endpointPath('deviceAuthorization', 'the device authorization endpoint'),
  userinfo: endpointPath('userinfo', 'the userinfo endpoint'),
  registration: endpointPath('registration', 'the client registration endpoint'),
  endSession: endpointPath('endSession', 'the end session endpoint'),
  signIn: endpointPath('signIn', 'the target of the sign-in form'),
  consent: endpointPath('consent', 'the target of the consent form'),
});

/** Schema of `paths`: the name of a preset, or a map over one. */
export const pathsSchema = z.union([preset, pathsMap], { error: 'expected "default", "better-auth" or a map of paths' }).transform((input): PathsConfig => {
  const { preset: name, prefix, ...overrides } = typeof input === 'string' ? { preset: input } : input;
  return { preset: name, prefix: prefix ?? PRESETS[name].prefix, endpoints: { ...PRESETS[name].endpoints, ...overrides } };
});

const isOwnPage = (page: string): boolean => {
  if (page.startsWith('/')) return isPlainPath(page);
  if (!/^https?:\/\/[^/]/.test(page) || /[\s\\?#]/.test(page) || !URL.canParse(page)) return false;
  const url = new URL(page);
  return url.username === '' && url.password === '';
};
const page = z.string().refine(isOwnPage, 'expected a path, or an absolute URL without query, fragment and user information');

/** Schema of `pages`. */
export const pagesSchema = z.strictObject({
  login: page.default('/sign-in').meta({ description: 'Sign-in page.', examples: ['/sign-in', 'https://www.example.com/login'] }),
  consent: page.default('/consent').meta({ description: 'Consent page.', examples: ['/consent', 'https://www.example.com/consent'] }),
  device: page.default('/device').meta({ description: 'Page where a device code is entered.', examples: ['/device', 'https://www.example.com/device'] }),
});
