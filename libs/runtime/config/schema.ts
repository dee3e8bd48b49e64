import { z } from 'zod';
import { type Bootstrap, bootstrapSchema, orNull } from './bootstrap.ts';
import { duration } from './durations.ts';
import { addressRange, hostOrRange, issuerProblem, listenHost, sameSite } from './network.ts';
import { pagesSchema, pathsSchema } from './paths-schema.ts';
import { resourcesSchema, scopesSchema } from './resources.ts';

/**
 * The configuration file, key by key. This is its only definition: the loader parses with it, `grantlog config schema` prints it, and the
 * reference page is made from the descriptions. Unknown keys are errors at every level.
 */

const MASTER_KEY_EXAMPLE = `$(node -p "crypto.randomBytes(32).toString('base64url')")`;
const EVENT_STORE_URL = /^esdb(?:\+discover)?:\/\/(?:[^@/?#\s]*@)?[^@/?#\s]+\/?(?:\?[^#\s]*)?$/;
const MONGO_URL = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#\s]*@)?[^@/?#\s]+\/[^/?#\s]+(?:\?[^#\s]*)?$/;

const DAY = 86_400;
const YEAR = 365 * DAY;

const issuer = z.string().superRefine((text, context) => {
  const problem = issuerProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const masterKey = z.string().transform((text, context): Uint8Array => {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 32 && bytes.toString('base64url') === text) return new Uint8Array(bytes);
  context.addIssue({ code: 'custom', message: 'expected 32 bytes in base64url, 43 characters' });
  return z.NEVER;
});

const stores = z.strictObject({
  events: orNull(z.string().regex(EVENT_STORE_URL, 'expected an esdb:// or esdb+discover:// URL')).meta({ description: 'EventStoreDB; left out, the embedded store. Both stores or neither.', examples: ['esdb://127.0.0.1:2113?tls=false'] }),
  readModels: orNull(z.string().regex(MONGO_URL, 'expected a mongodb:// or mongodb+srv:// URL with the name of a database')).meta({ description: 'MongoDB with the name of a database; left out, the embedded store.', examples: ['mongodb://127.0.0.1:27017/grantlog'] }),
  linearizableReads: z.boolean().default(false).meta({ description: 'Closes the seconds in which a deposed MongoDB primary still answers.' }),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected 1 to 64 characters of A-Z a-z 0-9 _ -, the first a letter or a digit')
    .default('grantlog')
    .meta({ description: 'Streams in EventStoreDB are named <namespace>.<stream>.', examples: ['grantlog'] }),
});

const lifetimes = z.strictObject({
  authorizationCode: duration({ max: 600 }).default(60).meta({ description: 'Authorization code, in seconds or as a duration; at most 10 minutes (RFC 6749 4.1.2).', examples: [60, 'PT1M', '1m'] }),
  accessToken: duration().default(3600).meta({ description: 'Access token.' }),
  idToken: duration().default(3600).meta({ description: 'ID token.' }),
  refreshToken: duration().default(30 * DAY).meta({ description: 'Refresh token that is not used.', examples: [2592000, 'P30D', '30d'] }),
  refreshTokenAbsolute: duration().default(YEAR).meta({ description: 'Refresh tokens of one grant, however often they are used. A year is 365 days.', examples: [31536000, 'P1Y', '1y'] }),
  deviceCode: duration().default(1800).meta({ description: 'Device code and user code.', examples: [1800, 'PT30M', '30m'] }),
  session: duration().default(8 * 3600).meta({ description: 'Sign-in session that is not used.', examples: [28800, 'PT8H', '8h'] }),
  sessionAbsolute: duration().default(30 * DAY).meta({ description: 'Sign-in session, however much it is used.', examples: [2592000, 'P30D', '30d'] }),
  oauthQuery: duration().default(600).meta({ description: 'Signed authorization query on the sign-in and consent pages.', examples: [600, 'PT10M', '10m'] }),
  refreshTokenGrace: duration({ min: 0, max: 300 }).default(10).meta({ description: 'How long the refresh token before gets the same successor; 0 is never, at most 5 minutes.', examples: [10, 'PT10S', '10s'] }),
  pushedAuthorization: duration({ max: 600 }).default(90).meta({ description: 'request_uri of a pushed authorization request; at most 10 minutes.', examples: [90, 'PT90S', '90s'] }),
});

const device = z.strictObject({
  interval: duration({ max: 300 }).default(5).meta({ description: 'Least time between two polls of a device.', examples: [5, 'PT5S', '5s'] }),
  userCodeLength: z.int().min(6).max(12).default(8).meta({ description: 'Characters of a user code, of an alphabet of 32.', examples: [8] }),
  deviceCodeLength: z.int().min(22).max(128).default(40).meta({ description: 'Characters of a device code; 22 are the 128 bits that RFC 8628 5.2 wants at least.', examples: [40] }),
});

const policy = z.strictObject({
  pkceForConfidentialClients: z.enum(['required', 'optional']).default('required').meta({ description: 'Whether clients that authenticate must use PKCE too (RFC 9700 2.1.1).' }),
  passwordGrant: z.enum(['off', 'first-party']).default('off').meta({ description: 'Whether clients with first_party may use the password grant (RFC 9700 2.4).' }),
  registration: z.enum(['off', 'token', 'open']).default('token').meta({ description: 'Dynamic registration: never, with a token that has client.create, or for anyone.' }),
  clientAssertionAudience: z.enum(['issuer', 'issuer-or-token-endpoint']).default('issuer').meta({ description: 'What the audience of a client assertion may be.' }),
});

const pemPath = z.string().regex(/^[^\r\n]+$/, 'expected the path of a file').refine((text) => !text.includes('-----BEGIN'), 'expected the path of a PEM file, not what is in it');

const tls = z.strictObject({
  cert: pemPath.meta({ description: 'Path of the certificate chain, PEM.', examples: ['/etc/grantlog/tls.crt'] }),
  key: pemPath.meta({ description: 'Path of the private key, PEM.', examples: ['/etc/grantlog/tls.key'] }),
});

const outbound = z.strictObject({
  allow: z.array(hostOrRange).default([]).meta({ description: 'Hosts and CIDRs that may be fetched although they are not public; https stays required.', examples: [['jwks.internal.example', '10.0.0.0/8']] }),
});

const keys = z.strictObject({
  port: z.int().min(0).max(65535).default(3000).meta({ description: 'Port to listen on; 0 takes a free one.', examples: [3000] }),
  host: listenHost.default('127.0.0.1').meta({ description: 'Address to listen on.', examples: ['127.0.0.1', '0.0.0.0'] }),
  issuer: orNull(issuer).meta({ description: 'Issuer identifier; may have a path. Left out: http://localhost:<port>, with https where tls is set, and with the prefix where the preset is better-auth.', examples: ['https://auth.example.com'] }),
  dataDir: z.string().min(1, 'must not be empty').default('./data').meta({ description: 'Directory of the embedded store, tiles and key files.', examples: ['./data'] }),
  masterKey: orNull(masterKey).meta({ description: 'Wraps signing keys and subject keys: 32 bytes in base64url. Left out: made on first start in the data directory; required with remote stores.', examples: [MASTER_KEY_EXAMPLE] }),
  stores: stores.prefault({}).meta({ description: 'Where events and read models are kept.', examples: [{ namespace: 'grantlog' }] }),
  trustedProxies: z.array(addressRange).default([]).meta({ description: 'Addresses and CIDRs whose Forwarded and X-Forwarded-* headers are believed.', examples: [['10.0.0.0/8', '127.0.0.1']] }),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').meta({ description: 'Least level that is logged.' }),
  pages: pagesSchema.prefault({}).meta({ description: 'Pages: own paths, or absolute URLs of your own pages on the same site as the issuer.', examples: [{ login: '/sign-in' }] }),
  paths: pathsSchema.prefault('default').meta({ description: 'Paths of the endpoints: the name of a preset, or a map.', examples: ['default', 'better-auth', { authorization: '/oauth/authorize', token: '/oauth/token' }] }),
  lifetimes: lifetimes.prefault({}).meta({ description: 'How long things live, in seconds or as durations.', examples: [{ accessToken: '1h' }] }),
  device: device.prefault({}).meta({ description: 'Device authorization (RFC 8628).', examples: [{ interval: 5 }] }),
  policy: policy.prefault({}).meta({ description: 'Switches that loosen the protocol; the safest value is the default.', examples: [{ registration: 'token' }] }),
  resources: resourcesSchema.default([]).meta({ description: 'Resource servers that tokens are issued for (RFC 8707).', examples: [[{ identifier: 'https://api.example.com', scopes: ['read:photos'] }]] }),
  scopes: scopesSchema.default({}).meta({ description: 'What each scope means to people, by language.', examples: [{ 'read:photos': { en: 'See your photos' } }] }),
  tls: orNull(tls).meta({ description: 'Certificate and key, when the server speaks https itself.', examples: [{ cert: '/etc/grantlog/tls.crt', key: '/etc/grantlog/tls.key' }] }),
  outbound: outbound.prefault({}).meta({ description: 'What the server may fetch.', examples: [{ allow: ['jwks.internal.example'] }] }),
  bootstrap: bootstrapSchema.prefault({}).meta({ description: 'Accounts and clients that exist from the start; read at each start, applied where changed.', examples: [{ accounts: [], clients: [] }] }),
});

type Keys = z.output<typeof keys>;

interface Conflict {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What one key says about others: the first broken rule is the answer. */
function conflictOf(config: Keys): Conflict | null {
  const { events, readModels } = config.stores;
  if (events !== null && readModels === null) return { path: ['stores', 'readModels'], message: 'is required beside stores.events: both or neither' };
  if (events === null && readModels !== null) return { path: ['stores', 'events'], message: 'is required beside stores.readModels: both or neither' };
  if (events !== null && config.masterKey === null) return { path: ['masterKey'], message: 'is required with remote stores' };

  const site = new URL(config.issuer ?? `${config.tls === null ? 'http' : 'https'}://localhost`);
  const foreign = Object.entries(config.pages).find(([, page]) => !page.startsWith('/') && !sameSite(new URL(page), site));
  if (foreign !== undefined) return { path: ['pages', foreign[0]], message: `is not on the same site as the issuer (${site.origin}), so it would not get the cookies` };

  const management = config.resources.findIndex(({ identifier }) => config.issuer !== null && identifier === `${config.issuer}/admin`);
  return management === -1 ? null : { path: ['resources', management, 'identifier'], message: 'is the identifier of the management API' };
}

/** The whole file. Keys are looked at together (by a transform, which zod skips after any problem) once each of them is valid. */
export const configSchema = keys
  .transform((config, context) => {
    const conflict = conflictOf(config);
    if (conflict !== null) context.addIssue({ code: 'custom', path: [...conflict.path], message: conflict.message });
    return config;
  })
  .meta({ title: 'Grantlog configuration', description: 'The JSON file named by GRANTLOG_CONFIG. Environment variables come before it, defaults after it.' });

type DeepReadonly<T> = T extends Uint8Array | string | number | boolean | null | undefined ? T : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

/** A complete configuration: every default filled in, durations in whole seconds, what is not set is null. It holds secrets: never log it whole. */
export type Config = DeepReadonly<Omit<Keys, 'bootstrap'>> & { readonly bootstrap: Bootstrap };
