import type { Caller } from '#runtime/caller.ts';
import type { AuthenticatedClient } from '../client-authentication.ts';
import type { Parameters } from '../parameters.ts';

/** A token request whose client is authenticated and registered for the grant. */
export interface TokenRequest {
  readonly parameters: Parameters;
  readonly client: AuthenticatedClient;
  readonly caller: Caller;
}
