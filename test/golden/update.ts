import { readFileSync, writeFileSync } from 'node:fs';
import { EVENT_CATALOGS } from '#audit/catalogs.ts';
import { eventSchemas } from '#audit/event-schemas.ts';
import { leafText } from '#audit/leaf.ts';
import { exampleEvent, sha256, type Vector } from './example-event.ts';

/**
 * node test/golden/update.ts
 *
 * Adds the golden leaf of every (type, version) that has none yet. It never changes one that exists: leaves of that form are in logs that
 * are signed. When an existing one no longer fits, the code is wrong, or the change needs a new version of the event.
 */
let failed = false;
for (const category of Object.keys(EVENT_CATALOGS)) {
  const file = new URL(`leaves/${category}.json`, import.meta.url);
  const vectors = read(file);
  const before = Object.keys(vectors).length;
  for (const [name, { event, leaf }] of Object.entries(vectors)) {
    if (leafText(event) === leaf) continue;
    failed = true;
    console.error(`${category} ${name}: the leaf of an existing vector would change; refused`);
  }
  for (const schema of eventSchemas(EVENT_CATALOGS).filter(({ categories }) => categories.includes(category))) {
    const name = `${schema.type}.v${schema.version}`;
    if (Object.hasOwn(vectors, name)) continue;
    const event = exampleEvent(category, schema);
    const leaf = leafText(event);
    vectors[name] = { event, leaf, sha256: sha256(leaf) };
  }
  const added = Object.keys(vectors).length - before;
  if (added === 0) continue;
  console.log(`${category}: ${added} added`);
  writeFileSync(file, `${ascii(JSON.stringify(vectors, null, 2))}\n`);
}
process.exitCode = failed ? 1 : 0;

/** Escapes what an editor might normalise or a terminal swallow. */
function ascii(json: string): string {
  return json.replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function read(file: URL): { [name: string]: Vector } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { [name: string]: Vector };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
