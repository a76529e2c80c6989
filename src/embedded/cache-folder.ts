// Where fetched and built tools are kept between runs and between clones. Holds nothing that cannot be fetched again.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

/** `LLM_OPTIMIZER_CACHE`, else `$XDG_CACHE_HOME/llm-auto-optimizer`, else the platform's cache folder. Created on use. */
export function cacheFolder(env: Env, ...below: readonly string[]): string {
  const base =
    env['LLM_OPTIMIZER_CACHE'] ?? join(env['XDG_CACHE_HOME'] ?? platformCache(env), 'llm-auto-optimizer');
  const folder = join(base, ...below);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function platformCache(env: Env): string {
  const home = env['HOME'] ?? homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}
