import '#runtime/compile-cache.js';
import { flushCompileCache } from 'node:module';

/** Compiles the server once, at the end of the installation, so that the first start is as fast as the others. */
await import('#services/all-in-one/serve.ts');
flushCompileCache();
