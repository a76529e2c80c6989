// What a person does not have, fetched and run: Temporal and PostgreSQL for one data folder.
export { startEmbeddedStack } from './stack.ts';
export type { EmbeddedStack, EmbeddedStackOptions } from './stack-types.ts';
export { EmbeddedStackError } from './errors.ts';
export { cacheFolder, type Env } from './cache-folder.ts';
export { findTemporalCli, type TemporalCli } from './temporal-cli.ts';
export { downloadThroughSdk } from './temporal-download.ts';
export { ensureDatabase } from './postgres-data.ts';
export { FETCH_LIMIT_MS, lockCache, onPath, type FetchOptions } from './tools.ts';
export { runCommand, type RunOptions } from './run-command.ts';
