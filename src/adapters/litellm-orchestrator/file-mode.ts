/**
 * Driver for a LiteLLM proxy without a database: rewrites its configuration file and restarts it. Every step costs an outage of some
 * seconds, so it has a name of its own in the settings (`litellm-file`) and is never chosen in silence. A write that changes only the
 * mark, such as the renewal of a lease, restarts nothing.
 *
 * What counts as served is what the running proxy says. The file alone decides when somebody has edited it by hand: nothing is
 * written over such an edit, and nothing is restarted on it. After a restart of ours that failed the proxy may say nothing: the write
 * then counts as not made, and the next one, whoever makes it, restarts.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import { tryLock } from '../../embedded/file-lock.ts';
import { runCommand } from '../../embedded/index.ts';
import type { Capabilities, Orchestrator } from '../../ports/orchestrator.ts';
import {
  createMarkedOrchestrator,
  driftOf,
  readMark,
  servedBy,
  takenAwayOf,
  unfinishedOf,
  writeMark,
  type Loaded,
  type MarkedProduct,
  type Served,
} from '../marked/index.ts';
import { createAdminApi } from './admin-api.ts';
import { readConfiguration, writeConfiguration } from './configuration-file.ts';
import { armsOf, MARK_KEY, markOf, problemsOf, servedOf } from './deployments.ts';

export interface LitellmFileOptions {
  /** Base address of the proxy, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Path of its `config.yaml`, as this process sees it. */
  readonly config: string;
  /** The command that restarts it, and its arguments. Run without a shell. Null: the operator has not said. */
  readonly restart: readonly string[] | null;
  readonly route?: string;
  readonly key?: string | null;
  readonly timeoutMs?: number;
  /** From the restart until the proxy serves what was written; 45 s by default. */
  readonly readyWithinMs?: number;
  readonly clock?: () => number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const READY_WITHIN_MS = 45_000;
const RESTART_LIMIT_MS = 45_000;
const LOCK_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** One process serves one file: what it serves after the restart is served at once. */
const CAPABILITIES: Capabilities = {
  compareAndSwap: true,
  leased: false,
  sticky: false,
  live: false,
  convergenceMs: 15_000,
  smallestWeightPct: 1,
};

export function createLitellmFileOrchestrator(options: LitellmFileOptions): Orchestrator {
  return createMarkedOrchestrator(createLitellmFileProduct(options), options.clock ?? Date.now);
}

export function createLitellmFileProduct(options: LitellmFileOptions): MarkedProduct {
  const { url, config, key = null, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const api = createAdminApi({ url, authorization: key === null ? null : `Bearer ${key}`, timeoutMs });
  const routeOf = (serviceId: string): string => options.route ?? serviceId;

  const runningOf = async (what: string, route: string): Promise<Served | null> => {
    const arms = armsOf(await api.deployments(what), route);
    return arms && servedOf(arms);
  };

  /** Readings while the proxy was down: what they say is served by nobody, and a write has to start it again. */
  const down = new WeakSet<Loaded>();

  const product: MarkedProduct = {
    capabilities: CAPABILITIES,
    load: async (serviceId) => {
      const route = routeOf(serviceId);
      const file = await readConfiguration(config, route);
      if (!file) return null;
      const marked = readMark(markOf(file.arms.stable), `model_info.${MARK_KEY} of ${route} in ${config}`);
      const written = servedOf(file.arms);
      const editedByHand = marked.mark !== null && driftOf(marked.mark, written, marked.unfinished) !== null;
      const whenDown = oldest(marked.unfinished);
      const running = editedByHand
        ? null
        : await runningOf(`read ${serviceId}`, route).catch((error: unknown) => {
            if (whenDown === null || !isDown(error)) throw error;
            return 'down' as const;
          });
      if (running !== 'down') return { ...marked, served: running ?? written, version: file.version };
      const found: Loaded = { ...marked, served: whenDown ?? written, version: file.version };
      down.add(found);
      return found;
    },
    validate: async (serviceId, configuration) => {
      const file = await readConfiguration(config, routeOf(serviceId));
      const noCommand = {
        field: 'orchestrator.driver',
        value: 'litellm-file',
        expected: 'a restart command in LITELLM_RESTART of the activity worker, as a JSON list',
      };
      return [
        ...(options.restart === null ? [noCommand] : []),
        ...(file ? problemsOf(configuration, file.arms) : []),
      ];
    },
    store: async (serviceId, before, after) => {
      const route = routeOf(serviceId);
      const put = async (expected: string | null, unfinished: readonly ServiceState[]): Promise<void> => {
        const file = await readConfiguration(config, route);
        if (!file || (expected !== null && file.version !== expected)) {
          throw new Failure('OrchestratorUnavailable', `${config} was changed while it was written`);
        }
        const mark = writeMark(after, unfinished, takenAwayOf(before, after));
        await writeConfiguration(config, route, file, { wanted: servedBy(after), mark });
      };
      const isServed = !down.has(before) && driftOf(after, before.served) === null;
      if (!isServed) {
        await put(before.version, unfinishedOf(before, after));
        await restart(
          route,
          () => runningOf(`read ${serviceId}`, route),
          (served) => driftOf(after, served) === null,
        );
      }
      await put(isServed ? before.version : null, []);
    },
    exclusive: async (_serviceId, run) => {
      const lock = await locked(`${config}.lock`);
      try {
        return await run();
      } finally {
        lock.release();
      }
    },
  };
  return product;

  async function restart(
    route: string,
    running: () => Promise<Served | null>,
    isWanted: (served: Served) => boolean,
  ): Promise<void> {
    const [command, ...args] = options.restart ?? [];
    if (command === undefined) {
      throw new Failure(
        'OrchestratorRejected',
        'LITELLM_RESTART of the activity worker: is missing, expected the restart command',
      );
    }
    await runCommand(command, args, { name: 'LITELLM_RESTART', timeoutMs: RESTART_LIMIT_MS }).catch(
      (error: unknown) => {
        throw new Failure('OrchestratorUnavailable', error instanceof Error ? error.message : String(error));
      },
    );
    const giveUpAtMs = Date.now() + (options.readyWithinMs ?? READY_WITHIN_MS);
    let last = 'it did not answer';
    while (Date.now() < giveUpAtMs) {
      const served = (await isReady(url, timeoutMs)) ? await running().catch(() => null) : null;
      if (served && isWanted(served)) return;
      if (served) last = `it serves the candidate at ${served.candidate ? served.weightPct : 0} %`;
      await wait(POLL_MS);
    }
    throw new Failure(
      'OrchestratorUnavailable',
      `${route}: LiteLLM was restarted and does not serve what was written: ${last}`,
    );
  }
}

/** What a restart of ours that failed was to replace: such a write counts as not made. */
const oldest = ([first]: readonly ServiceState[] = []): Served | null => (first ? servedBy(first) : null);

const isDown = (error: unknown): boolean =>
  error instanceof Failure && error.type === 'OrchestratorUnavailable';

async function isReady(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const ready = await fetch(`${url.replace(/\/+$/u, '')}/health/readiness`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    await ready.arrayBuffer();
    return ready.ok;
  } catch {
    return false;
  }
}

async function locked(path: string) {
  const giveUpAtMs = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    const attempt = tryLock(path, () => ({}));
    if (attempt.kind === 'held') return attempt.lock;
    if (Date.now() >= giveUpAtMs) {
      throw new Failure('OrchestratorUnavailable', `${path} is held by process ${attempt.by.pid}`);
    }
    await wait(POLL_MS);
  }
}
