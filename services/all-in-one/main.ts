import { useCompileCache } from '#runtime/compile-cache.ts';
import { exitCodeOf, reportFailure } from '#runtime/exit-code.ts';

useCompileCache();
try {
  const { processConfig } = await import('#runtime/config/process-config.ts');
  const { serveAllInOne } = await import('./serve.ts');
  await serveAllInOne(processConfig());
} catch (error) {
  reportFailure(error);
  process.exitCode = exitCodeOf(error);
}
