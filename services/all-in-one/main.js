// JavaScript on purpose: with the compile cache on before the first TypeScript is imported, Node does not load its type stripper.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/grantlog', import.meta.url)));
await import('./main.ts');
