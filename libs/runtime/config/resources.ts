import { z } from 'zod';
import { parseScope } from '#kernel/scope.ts';
import { orNull } from './bootstrap.ts';
import { duration } from './durations.ts';
import { resourceIdentifierProblem } from './network.ts';

/** Scopes that belong to no resource: `openid` and the claim scopes (OpenID Connect Core 5.4, 11). */
export const OPENID_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'] as const;

/** Scopes of the resource `<issuer>/admin`. */
export const MANAGEMENT_SCOPES = [
  ...['clients:read', 'clients:write', 'consents:read', 'consents:write', 'grants:read', 'grants:revoke', 'accounts:read', 'accounts:write', 'accounts:erase'],
  ...['sessions:read', 'sessions:end', 'keys:read', 'keys:rotate', 'audit:read', 'audit:personal'],
] as const;

const RESERVED: ReadonlySet<string> = new Set<string>([...OPENID_SCOPES, ...MANAGEMENT_SCOPES]);

const isScopeToken = (text: string): boolean => text !== '' && !text.includes(' ') && parseScope(text) !== null;
const scopeToken = z.string().max(200).refine(isScopeToken, 'expected a scope token (RFC 6749 3.3)');
const resourceScope = scopeToken.refine((token) => !RESERVED.has(token), 'is a scope of OpenID Connect or of the management API and belongs to no resource of yours');

const identifier = z.string().max(2048).superRefine((text, context) => {
  const problem = resourceIdentifierProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const resource = z.strictObject({
  identifier: identifier.meta({ description: 'Identifier of the resource, the audience of its tokens: https, a URN, or http on a loopback host.', examples: ['https://api.example.com'] }),
  scopes: z
    .array(resourceScope)
    .overwrite((scopes) => [...new Set(scopes)])
    .default([])
    .meta({ description: 'Scopes that belong to the resource.', examples: [['read:photos', 'write:photos']] }),
  default: z.boolean().default(false).meta({ description: 'Whether tokens without `resource` are for this one; at most one.' }),
  accessTokenFormat: z.enum(['jwt', 'opaque']).default('jwt').meta({ description: 'Form of its access tokens.' }),
  accessTokenSigningAlg: z.enum(['ES256', 'PS256', 'RS256', 'EdDSA']).default('ES256').meta({ description: 'Algorithm that signs its JWT access tokens.' }),
  accessTokenHeaderTyp: z.enum(['at+jwt', 'JWT']).default('at+jwt').meta({ description: 'typ of its JWT access tokens; JWT is for resource servers that refuse at+jwt (RFC 9068).' }),
  lifetime: orNull(duration()).meta({ description: 'Lifetime of its access tokens; left out, lifetimes.accessToken.', examples: [600, 'PT10M', '10m'] }),
});

/** Schema of `resources`. */
export const resourcesSchema = z.array(resource).superRefine((resources, context) => {
  resources.forEach(({ identifier: name, default: isDefault }, index) => {
    const before = resources.slice(0, index);
    if (before.some((other) => other.identifier === name)) context.addIssue({ code: 'custom', path: [index, 'identifier'], message: 'is there twice' });
    if (isDefault && before.some((other) => other.default)) context.addIssue({ code: 'custom', path: [index, 'default'], message: 'is set for another resource already' });
  });
});

const language = z.string().regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, 'expected a language tag (BCP 47)');
const sentence = z.string().max(500).regex(/^[^\p{Cc}]+$/u, 'expected a text without control characters');

/** Schema of `scopes`: what a scope means, by language. */
export const scopesSchema = z.record(
  scopeToken,
  z.record(language, sentence.meta({ description: 'The sentence in this language.', examples: ['See your photos'] })).meta({ description: 'Sentences by language tag.', examples: [{ en: 'See your photos' }] }),
);
