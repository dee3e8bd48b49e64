// Keeps what Node compiled of the sources beside the dependencies: a start takes half the time and some MiB less. Imported before anything else.
// JavaScript on purpose: when the cache is on before the first TypeScript is imported, Node does not load its type stripper at all.
// Where the directory cannot be written, starting is merely slower.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/grantlog', import.meta.url)));
