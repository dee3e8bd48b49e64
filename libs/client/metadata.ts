import { z } from 'zod';
import { formatScope, parseScope } from '#kernel/scope.ts';
import { isLoopbackHost, redirectUriProblem } from '#client/redirect-uri.ts';

/**
 * Client metadata: the members of RFC 7591 and OpenID Connect Registration that are understood, and Grantlog's own. This is the only
 * definition: bootstrap, the management API and dynamic registration parse with it, the reference page is made from the descriptions.
 */

const LANGUAGE_TAGGED = /^(client_name|client_uri|logo_uri|tos_uri|policy_uri)#[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;
const UNSEEN = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
const PRIVATE_KEY_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
const PUBLIC_KEY_MEMBERS: { readonly [kty: string]: readonly string[] } = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] };
const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
/** Characters of a modulus of 2048 bits in base64url. */
const RSA_2048_LENGTH = 342;
const MAX_ITEMS = 100;

/** Says why a value is not accepted, with guidance for values that are refused by name. */
const refusing = (byName: { readonly [value: string]: string }, otherwise?: string) => (issue: { readonly input?: unknown }) =>
  typeof issue.input === 'string' && Object.hasOwn(byName, issue.input) ? byName[issue.input] : otherwise;

const unseenCharacters = (text: string): boolean => !UNSEEN.test(text);
const text = z.string().min(1).max(500).refine(unseenCharacters, 'contains control characters');

function isWebUrl(value: string, protocols: readonly string[]): boolean {
  if (/[\s\\]/.test(value) || UNSEEN.test(value) || !/^https?:\/\/[^/]/.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return protocols.includes(url.protocol) && url.username === '' && url.password === '';
}
const isPageUrl = (value: string): boolean => isWebUrl(value, ['https:', 'http:']);
const isHttpsUrl = (value: string): boolean => isWebUrl(value, ['https:']);
const isOrigin = (value: string): boolean => isPageUrl(value) && new URL(value).origin === value && (value.startsWith('https:') || isLoopbackHost(new URL(value).hostname));

const pageUrl = z.string().max(2048).refine(isPageUrl, 'expected an absolute http or https URL');
const httpsUrl = z.string().max(2048).refine(isHttpsUrl, 'expected an absolute https URL');
const redirectUri = z.string().superRefine((uri, context) => {
  const problem = redirectUriProblem(uri);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

/** An array without repeats. */
const setOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .max(MAX_ITEMS)
    .overwrite((items) => [...new Set(items)])
    .readonly();

/** The member of a JWK that is wrong, and why; null for a public key (RFC 7517 4, RFC 7518 6). */
function publicKeyProblem(key: { readonly [member: string]: unknown }): readonly [member: string, message: string] | null {
  const secret = PRIVATE_KEY_MEMBERS.find((member) => Object.hasOwn(key, member));
  if (secret !== undefined) return [secret, 'is a private or symmetric key member; register the public key only'];
  const { kty, n } = key;
  const needed = typeof kty === 'string' && Object.hasOwn(PUBLIC_KEY_MEMBERS, kty) ? PUBLIC_KEY_MEMBERS[kty] : undefined;
  if (needed === undefined) return ['kty', 'expected a public key of type RSA, EC or OKP'];
  const missing = needed.find((member) => typeof key[member] !== 'string' || key[member] === '');
  if (missing !== undefined) return [missing, 'is a required member of this key'];
  return kty === 'RSA' && typeof n === 'string' && n.length < RSA_2048_LENGTH ? ['n', 'is shorter than 2048 bits (RFC 7518 3.3)'] : null;
}

const publicKey = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()]))
  .superRefine((key, context) => {
    const problem = publicKeyProblem(key);
    if (problem !== null) context.addIssue({ code: 'custom', path: [problem[0]], message: problem[1] });
  })
  .readonly();

const grantType = z.enum(['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code', 'password'], {
  error: refusing({ implicit: 'implicit is refused: it puts tokens into URLs (RFC 9700 2.1.2); use authorization_code with PKCE' }),
});
const responseType = z.enum(['code'], { error: () => 'only the response type code is served; implicit and hybrid ones put tokens into URLs (RFC 9700 2.1.2)' });
const authenticationMethod = z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'], {
  error: refusing({ client_secret_jwt: 'client_secret_jwt is refused: its secret would have to be readable at rest; use private_key_jwt' }),
});
const idTokenAlgorithm = z.enum(SIGNING_ALGORITHMS, {
  error: refusing({ none: 'none is refused: every ID token is signed', HS256: 'HS256 is refused: its secret would have to be readable at rest; use RS256 or ES256' }),
});
const subjectType = z.enum(['public'], { error: refusing({ pairwise: 'pairwise is not served yet; use public' }) });

/** `client_id`: 3 to 128 unreserved characters. It is no metadata: bootstrap and the management API take it beside them. */
export const clientId = z.string().regex(/^[A-Za-z0-9._~-]{3,128}$/, 'expected 3 to 128 characters of A-Z a-z 0-9 . _ ~ -');

/** The members one by one, before the defaults that depend on others (`completeClientMetadata`). */
export const clientMetadataShape = {
  redirect_uris: setOf(redirectUri).default([]).meta({ description: 'Where answers of the authorization endpoint may go, each in full (compared byte for byte). Required with the grant authorization_code.', examples: [['https://app.example.com/callback']] }),
  token_endpoint_auth_method: authenticationMethod.default('client_secret_basic').meta({ description: 'How the client authenticates; none for a public client.' }),
  grant_types: setOf(grantType).default(['authorization_code']).meta({ description: 'Grants the client may use. password needs first_party and the policy switch passwordGrant.', examples: [['authorization_code', 'refresh_token']] }),
  response_types: setOf(responseType).exactOptional().meta({ description: 'Follows grant_types: code with authorization_code, else none.', examples: [['code']] }),
  client_name: text.exactOptional().meta({ description: 'Name shown to people. Other languages as client_name#zh and so on, also for the URIs shown to people (RFC 7591 2.2).', examples: ['Photo Print'] }),
  client_uri: pageUrl.exactOptional().meta({ description: 'Home page of the client.', examples: ['https://app.example.com'] }),
  logo_uri: pageUrl.exactOptional().meta({ description: 'Logo of the client.', examples: ['https://app.example.com/logo.png'] }),
  tos_uri: pageUrl.exactOptional().meta({ description: 'Terms of service.', examples: ['https://app.example.com/terms'] }),
  policy_uri: pageUrl.exactOptional().meta({ description: 'Privacy policy.', examples: ['https://app.example.com/privacy'] }),
  contacts: setOf(text).exactOptional().meta({ description: 'Ways to reach the people responsible, mostly e-mail addresses.', examples: [['ops@app.example.com']] }),
  scope: z
    .string()
    .max(4000)
    .refine((value) => parseScope(value) !== null, 'expected scope tokens separated by spaces (RFC 6749 3.3)')
    .overwrite((value) => formatScope([...new Set(value.split(' '))].filter((token) => token !== '')))
    .exactOptional()
    .meta({ description: 'Scopes the client may ask for, separated by spaces.', examples: ['openid profile email'] }),
  jwks_uri: httpsUrl.exactOptional().meta({ description: 'Where the JWK set of the client is; https, and a public address unless outbound.allow names it.', examples: ['https://app.example.com/jwks'] }),
  jwks: z
    .strictObject({ keys: z.array(publicKey).min(1).max(MAX_ITEMS).readonly().meta({ description: 'The keys (RFC 7517 5).', examples: [[{ kty: 'EC', crv: 'P-256', x: '…', y: '…' }]] }) })
    .readonly()
    .exactOptional()
    .meta({ description: 'JWK set of the client, public keys only; never together with jwks_uri.', examples: [{ keys: [{ kty: 'EC', crv: 'P-256', x: '…', y: '…' }] }] }),
  software_id: text.exactOptional().meta({ description: 'Identifier of the software, the same for all its installations.', examples: ['4NRB1-0XZABZI9E6-5SM3R'] }),
  software_version: text.exactOptional().meta({ description: 'Version of the software.', examples: ['2.1.0'] }),
  post_logout_redirect_uris: setOf(redirectUri).default([]).meta({ description: 'Where a person may be sent after signing out (RP-initiated logout), compared byte for byte.', examples: [['https://app.example.com/signed-out']] }),
  id_token_signed_response_alg: idTokenAlgorithm.default('RS256').meta({ description: 'Algorithm that signs ID tokens for the client.' }),
  token_endpoint_auth_signing_alg: z.enum(SIGNING_ALGORITHMS).exactOptional().meta({ description: 'The only algorithm accepted in client assertions (private_key_jwt); left out, all of them are.' }),
  default_max_age: z.int().min(0).exactOptional().meta({ description: 'Seconds since the last sign-in after which the person signs in again.', examples: [3600] }),
  require_auth_time: z.boolean().default(false).meta({ description: 'Whether auth_time is in every ID token.' }),
  default_acr_values: setOf(text).exactOptional().meta({ description: 'Strengths of sign-in asked for by default.', examples: [['urn:grantlog:acr:multi-factor']] }),
  initiate_login_uri: httpsUrl.exactOptional().meta({ description: 'Where a third party can start a sign-in at the client; https.', examples: ['https://app.example.com/login'] }),
  subject_type: subjectType.default('public').meta({ description: 'Form of sub.' }),
  application_type: z.enum(['web', 'native']).default('web').meta({ description: 'Kind of application.' }),
  skip_consent: z.boolean().default(false).meta({ description: 'Own member: no consent page; the consent is recorded with basis policy. Administrators and bootstrap only.' }),
  enable_end_session: z.boolean().exactOptional().meta({ description: 'Own member: whether the client may start a sign-out. Left out: true when post_logout_redirect_uris are registered.', examples: [true] }),
  first_party: z.boolean().default(false).meta({ description: 'Own member: opens the password grant, if the policy switch does. Administrators and bootstrap only.' }),
  introspects: setOf(text).default([]).meta({ description: 'Own member: resource identifiers, or *, whose tokens the client may introspect. Administrators and bootstrap only.', examples: [['https://api.example.com']] }),
  allowed_cors_origins: setOf(z.string().refine(isOrigin, 'expected an origin: https, or http on a loopback host, without a path')).default([]).meta({ description: 'Own member: origins whose scripts may call token, userinfo and revocation for the client.', examples: [['https://spa.example.com']] }),
  id_token_claims_by_scope: z.boolean().default(false).meta({ description: 'Own member: puts name, e-mail and the other claims of the granted scopes into the ID token too.' }),
};

type Members = z.output<z.ZodObject<typeof clientMetadataShape>>;

/** Client metadata as the wire and the log have them: every default filled in, members without a default absent when not registered. */
export type ClientMetadata = Readonly<Omit<Members, 'response_types' | 'enable_end_session'>> & {
  readonly response_types: readonly 'code'[];
  readonly enable_end_session: boolean;
} & { readonly [tagged in `${'client_name' | 'client_uri' | 'logo_uri' | 'tos_uri' | 'policy_uri'}#${string}`]: string };

/** What one member says about others: the first broken rule is the answer. */
const RULES: readonly { readonly member: keyof Members; readonly broken: (metadata: Members) => boolean; readonly message: string }[] = [
  { member: 'redirect_uris', broken: (m) => m.grant_types.includes('authorization_code') && m.redirect_uris.length === 0, message: 'at least one is required for the grant authorization_code' },
  { member: 'jwks_uri', broken: (m) => m.jwks !== undefined && m.jwks_uri !== undefined, message: 'jwks and jwks_uri exclude each other (RFC 7591 2)' },
  { member: 'jwks', broken: (m) => m.token_endpoint_auth_method === 'private_key_jwt' && m.jwks === undefined && m.jwks_uri === undefined, message: 'jwks or jwks_uri is required for private_key_jwt' },
  { member: 'grant_types', broken: (m) => m.token_endpoint_auth_method === 'none' && m.grant_types.includes('client_credentials'), message: 'client_credentials needs a client that authenticates; token_endpoint_auth_method is none (RFC 6749 4.4)' },
  { member: 'grant_types', broken: (m) => m.grant_types.includes('password') && !m.first_party, message: 'password is refused but for clients with first_party: true (RFC 9700 2.4); use authorization_code' },
];

/** Adds the issues that need more than one member, and unknown members. `beside`: members that the caller's object has besides the metadata. */
export function checkClientMetadata(value: Members & { readonly [member: string]: unknown }, context: z.RefinementCtx, beside: readonly string[] = []): void {
  for (const [name, content] of Object.entries(value)) {
    if (Object.hasOwn(clientMetadataShape, name) || beside.includes(name)) continue;
    const tagged = LANGUAGE_TAGGED.exec(name)?.[1];
    if (tagged === undefined) context.addIssue({ code: 'unrecognized_keys', keys: [name], input: value, message: 'is not a known member' });
    else if (!(tagged === 'client_name' ? text : pageUrl).safeParse(content).success) context.addIssue({ code: 'custom', path: [name], message: tagged === 'client_name' ? 'expected a name' : 'expected an absolute http or https URL' });
  }
  const broken = RULES.find((rule) => rule.broken(value));
  if (broken !== undefined) context.addIssue({ code: 'custom', path: [broken.member], message: broken.message });
}

/** Fills in what depends on other members: `response_types` follows `grant_types` (RFC 7591 2.1), `enable_end_session` the registered sign-out URIs. */
export const completeClientMetadata = (members: Members): ClientMetadata => ({
  ...members,
  response_types: members.grant_types.includes('authorization_code') ? ['code'] : [],
  enable_end_session: members.enable_end_session ?? members.post_logout_redirect_uris.length > 0,
});

/** What zod cannot say of members named by a pattern; merged into the JSON Schema. */
export const languageTagged = { additionalProperties: false, patternProperties: { [LANGUAGE_TAGGED.source]: { type: 'string', description: 'The member in another language (RFC 7591 2.2).', examples: ['照片打印'] } } };

/** Strict schema: unknown members are refused. A parsed value parses to itself. */
export const clientMetadata = z
  .looseObject(clientMetadataShape)
  .superRefine((value, context) => checkClientMetadata(value, context))
  .transform(completeClientMetadata)
  .meta({ title: 'Client metadata', ...languageTagged });

/** A refusal in the words of RFC 7591 3.2.2; `description` is fit for `error_description` and repeats no value. */
export interface ClientMetadataProblem {
  readonly code: 'invalid_redirect_uri' | 'invalid_client_metadata';
  readonly description: string;
}

/** Says the first problem of a failed parse as an RFC 7591 error. */
export function clientMetadataProblem(error: z.ZodError): ClientMetadataProblem {
  const issue = error.issues[0];
  const path = issue === undefined ? [] : issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const where = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('').slice(1, 101);
  const what = issue?.code === 'unrecognized_keys' ? 'is not a known member' : (issue?.message ?? 'is not valid');
  const description = `${where === '' ? 'client metadata' : where}: ${what}`.replaceAll('"', "'").replace(/[^\x20-\x5b\x5d-\x7e]/g, '?');
  return { code: path[0] === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata', description };
}

/** Parses what a caller wants to register. */
export function parseClientMetadata(input: unknown): { readonly metadata: ClientMetadata } | { readonly problem: ClientMetadataProblem } {
  const parsed = clientMetadata.safeParse(input);
  return parsed.success ? { metadata: parsed.data } : { problem: clientMetadataProblem(parsed.error) };
}
