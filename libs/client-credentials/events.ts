import { z } from 'zod';
import { instant, jsonObject } from '#kernel/schemas.ts';

/** How the client proved who it is: the method of RFC 7591 and the secret or key that did it. */
export const clientAuthentication = z.strictObject({ method: z.string(), secret_id: z.string().nullable(), kid: z.string().nullable() });

export const CLIENT_CREDENTIALS_EVENTS = {
  ClientCredentialsIssued: {
    version: 1,
    summary: 'A client was issued an access token for itself (RFC 6749 4.4). Written in batches to the hourly stream of one process; the caller’s address is sealed under the key of the day.',
    data: z.strictObject({
      client_id: z.string(),
      scope: z.array(z.string()),
      audience: z.array(z.string()),
      jti: z.string(),
      expires_at: instant,
      authentication: clientAuthentication,
    }),
    personal: jsonObject,
  },
} as const;
