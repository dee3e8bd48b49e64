import type { KeyVault } from '#ports/key-vault.ts';

/** A key vault in memory, with a look inside for tests. */
export function memoryKeyVault(): KeyVault & { readonly wrapped: Map<string, Uint8Array | 'destroyed'>; reads: number } {
  const wrapped = new Map<string, Uint8Array | 'destroyed'>();
  const vault = {
    wrapped,
    reads: 0,
    async create(id: string, bytes: Uint8Array) {
      const present = wrapped.get(id);
      if (present !== undefined) return present === 'destroyed' ? present : 'exists';
      wrapped.set(id, bytes);
      return 'created' as const;
    },
    async read(id: string) {
      vault.reads++;
      const present = wrapped.get(id);
      if (present === undefined) return null;
      return present === 'destroyed' ? { status: 'destroyed' as const } : { status: 'live' as const, wrapped: present };
    },
    async destroy(id: string) {
      wrapped.set(id, 'destroyed');
    },
    async list(prefix: string) {
      return [...wrapped]
        .filter(([id, bytes]) => id.startsWith(prefix) && bytes !== 'destroyed')
        .map(([id]) => id)
        .sort();
    },
  };
  return vault;
}
