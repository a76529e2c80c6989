/** The `watchdog` role: needs the products that it watches, and nothing else of ours. Wiring only. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Logger } from '../../src/config/log.ts';
import {
  readTargets,
  startWatchdog,
  type RunningWatchdog,
  type WatchTarget,
} from '../../src/watchdog/index.ts';
import { productOf } from '../drivers.ts';

export interface WatchdogRoleOptions {
  readonly watch: readonly WatchTarget[];
  readonly watchFile?: string;
  readonly watchdogHost: string;
  readonly watchdogPort: number;
  readonly watchEvery: number;
  readonly logger: Logger;
}

/** @throws Error naming the option that is missing, or the file and the field that cannot be read */
export async function startWatchdogRole(options: WatchdogRoleOptions): Promise<RunningWatchdog> {
  const targets = [...options.watch, ...(await fromFile(options.watchFile))];
  if (targets.length === 0)
    throw new Error('--watch: is missing, expected SERVICE=DRIVER:URL, or --watch-file');
  const watchdog = await startWatchdog({
    host: options.watchdogHost,
    port: options.watchdogPort,
    targets,
    everyMs: options.watchEvery,
    productOf,
    logger: options.logger,
  });
  options.logger.info({ url: watchdog.url, services: targets.map(({ serviceId }) => serviceId) }, 'watching');
  return watchdog;
}

async function fromFile(path: string | undefined): Promise<readonly WatchTarget[]> {
  if (path === undefined) return [];
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(
      `--watch-file: "${path}" cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return readTargets(parse(text));
}
