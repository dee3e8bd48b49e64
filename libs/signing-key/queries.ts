import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';

/** All signing keys as the management API shows them (interface.md, Shapes). */
export async function keyList(core: Core): Promise<readonly JsonObject[]> {
  const keys = await core.keys.keys();
  return keys.map(({ kid, alg, status, createdAt, activatedAt, retiredAt }) => ({ kid, alg, status, created_at: createdAt, activated_at: activatedAt, retired_at: retiredAt }));
}
