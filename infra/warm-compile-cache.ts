import { flushCompileCache } from 'node:module';
import { useCompileCache } from '#runtime/compile-cache.ts';

/** Compiles the server once, at the end of the installation, so that the first start is as fast as the others. */
useCompileCache();
await import('#services/all-in-one/serve.ts');
flushCompileCache();
