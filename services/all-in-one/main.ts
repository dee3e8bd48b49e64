import { processConfig } from '#runtime/config/process-config.ts';
import { exitCodeOf, reportFailure } from '#runtime/exit-code.ts';
import { serveAllInOne } from './serve.ts';

try {
  await serveAllInOne(processConfig());
} catch (error) {
  reportFailure(error);
  process.exitCode = exitCodeOf(error);
}
