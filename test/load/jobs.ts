import type { Job } from './generator.ts';
import { clientCredentials } from './jobs/client-credentials.ts';
import { document } from './jobs/document.ts';
import { introspectClientTokens, introspectPersonTokens } from './jobs/introspection.ts';
import { refresh } from './jobs/refresh.ts';
import { signIn } from './jobs/sign-in.ts';
import type { Target } from './target.ts';

export interface Measured {
  readonly name: string;
  /** Least ratio to oidc-provider. */
  readonly budget: number;
  /** Makes what the work needs (tokens, sign-ins) and answers the work. */
  readonly prepare: (target: Target) => Promise<Job>;
  /** Where the comparison is another job, because oidc-provider has no such one. */
  readonly prepareOther?: (target: Target) => Promise<Job>;
  readonly withoutPasswordHash?: true;
}

/** What is measured, with the budgets of the design. */
export const JOBS: readonly Measured[] = [
  { name: 'client credentials, ES256 JWT', budget: 1.5, prepare: async (target) => clientCredentials(target, 'jwt') },
  { name: 'client credentials, opaque', budget: 0.9, prepare: async (target) => clientCredentials(target, 'opaque') },
  { name: 'introspection, opaque, client’s own', budget: 2, prepare: (target) => introspectClientTokens(target, 'opaque') },
  // oidc-provider refuses to introspect JWTs: its opaque tokens stand against ours.
  { name: 'introspection, JWT, client’s own', budget: 2, prepare: (target) => introspectClientTokens(target, 'jwt'), prepareOther: (target) => introspectClientTokens(target, 'opaque') },
  { name: 'introspection, JWT, a person’s', budget: 2, prepare: introspectPersonTokens, prepareOther: (target) => introspectClientTokens(target, 'opaque') },
  { name: 'sign-in + code + PKCE + token', budget: 1.2, prepare: signIn, withoutPasswordHash: true },
  { name: 'refresh with rotation', budget: 2, prepare: refresh },
  { name: 'metadata', budget: 3, prepare: (target) => document(target, target.paths.metadata, 'issuer') },
  { name: 'JWK set', budget: 3, prepare: (target) => document(target, target.paths.jwks, 'keys') },
];
