/** Driver that writes a service's configuration to a file. Processes of ours exclude each other by a lock file beside it. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../domain/failure.ts';
import { tryLock } from '../../embedded/file-lock.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';
import { createMarkedOrchestrator, type MarkedProduct } from '../marked/index.ts';
import { fileOf, pathOf, readConfigurationFile, writeConfigurationFile } from './configuration-file.ts';

export interface FileOrchestratorOptions {
  /** `file:///folder`: one file per service goes there. */
  readonly url: string;
  /** How long a write waits for another process's; 5 s by default. */
  readonly lockTimeoutMs?: number;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
}

const LOCK_TIMEOUT_MS = 5_000;
const LOCK_POLL_MS = 20;

/** @throws TypeError when `url` is no file URL */
export function createFileOrchestrator(options: FileOrchestratorOptions): Orchestrator {
  const folder = fileURLToPath(options.url);
  const lockTimeoutMs = options.lockTimeoutMs ?? LOCK_TIMEOUT_MS;
  const product: MarkedProduct = {
    capabilities: {
      compareAndSwap: true,
      leased: true,
      sticky: true,
      live: true,
      convergenceMs: 1_000,
      smallestWeightPct: 0.01,
      shadow: false,
      experimentArms: 10,
    },
    load: async (serviceId) => {
      const found = await readConfigurationFile(folder, serviceId);
      if (!found) return null;
      const { optimizer, stable, candidate, weight_pct: weightPct, experiment, unit, salt } = found.file;
      const version = createHash('sha256').update(found.text).digest('hex');
      const served = { stable, candidate, weightPct, unit, salt, ...(experiment && { experiment }) };
      return { mark: optimizer ?? null, served, version };
    },
    validate: (_serviceId, { model }) =>
      Promise.resolve(
        (model ?? '') === '' ? [{ field: 'model', value: model, expected: 'the name of a model' }] : [],
      ),
    store: async (serviceId, before, after) => {
      const now = await product.load(serviceId);
      if (now?.version !== before.version) {
        throw new Failure(
          'OrchestratorUnavailable',
          `${pathOf(folder, serviceId)} was changed while it was written`,
        );
      }
      await writeConfigurationFile(folder, fileOf(after));
    },
    exclusive: async (serviceId, run) => {
      await mkdir(folder, { recursive: true });
      const lock = await locked(`${pathOf(folder, serviceId)}.lock`, lockTimeoutMs);
      try {
        return await run();
      } finally {
        lock.release();
      }
    },
  };
  return createMarkedOrchestrator(product, options.clock ?? Date.now);
}

async function locked(path: string, timeoutMs: number) {
  const giveUpAtMs = Date.now() + timeoutMs;
  for (;;) {
    const attempt = tryLock(path, () => ({}));
    if (attempt.kind === 'held') return attempt.lock;
    if (Date.now() >= giveUpAtMs) {
      throw new Failure('OrchestratorUnavailable', `${path} is held by process ${attempt.by.pid}`);
    }
    await wait(LOCK_POLL_MS);
  }
}
