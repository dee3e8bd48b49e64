/** A server under load. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly paths: {
    readonly authorization: string;
    readonly token: string;
    readonly introspection: string;
    readonly jwks: string;
    readonly metadata: string;
  };
}

/** Where both servers agree: what they are configured with and asked for. */
export const CLIENT = { id: 'bench', secret: 'bench-secret-of-forty-characters-01234567' } as const;
export const REDIRECT_URI = 'https://app.example.com/callback';
export const RESOURCES = {
  jwt: { identifier: 'https://api.example.com', scope: 'read' },
  opaque: { identifier: 'https://opaque.example.com', scope: 'look' },
} as const;
/** What a person signs in for: an ID token, a refresh token that outlives the session, a JWT access token. */
export const PERSON_SCOPE = `openid offline_access ${RESOURCES.jwt.scope}`;
export const ID_TOKEN_ALG = 'ES256';

/** So many people that no two connections ever sign in as the same one. */
export const ACCOUNTS: readonly string[] = Array.from({ length: 64 }, (_, index) => `person-${index}`);
export const PASSWORD = 'correct horse battery staple';

export const BASIC = `Authorization: Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}\r\n`;
