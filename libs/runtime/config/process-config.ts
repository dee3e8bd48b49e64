import { readFileSync } from 'node:fs';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

/** The configuration of this process: its environment, and the file that `GRANTLOG_CONFIG` names. @throws ConfigError */
export const processConfig = (file?: string): Config => loadConfig({ env: file === undefined ? process.env : { ...process.env, GRANTLOG_CONFIG: file }, readFile: (path) => readFileSync(path, 'utf8') });
