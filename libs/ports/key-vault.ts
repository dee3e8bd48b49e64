/** Keys, wrapped by the master key before they come here. An id is used once: what was destroyed stays destroyed. */
export interface KeyVault {
  /** `exists`: another was first, read it; `destroyed`: the id can never be used again. */
  create(id: string, wrapped: Uint8Array): Promise<'created' | 'exists' | 'destroyed'>;
  read(id: string): Promise<{ readonly status: 'live'; readonly wrapped: Uint8Array } | { readonly status: 'destroyed' } | null>;
  /** Overwrites the key and leaves a mark. Destroying twice, or an unknown id, is no error. */
  destroy(id: string): Promise<void>;
  /** Ids of live keys that start with `prefix`, ascending. */
  list(prefix: string): Promise<readonly string[]>;
}
