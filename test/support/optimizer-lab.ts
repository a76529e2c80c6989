/**
 * The whole program in this process, without the stories, on a data folder that goes with it: for measurements and for
 * the tests that drive it from outside. The service is the embedded run's `support-bot`, as the caller changes it.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createLogger } from '../../src/config/log.ts';
import { readServiceFile } from '../../src/config/read-service-file.ts';
import type { ServiceSettings } from '../../src/domain/service-settings.ts';
import { poll } from '../../src/embedded/poll.ts';
import { buildBundle } from '../../workers/build-bundle.ts';
import { startOptimizer, type Optimizer } from '../../workers/optimizer.ts';
import { Running } from '../../workers/running.ts';

const SERVICE_FILE = fileURLToPath(new URL('../../deploy/services/support-bot.yaml', import.meta.url));

/** What the embedded run's service is served with at first, and a candidate that is as good and cheaper. */
export const INCUMBENT = 'gpt-4o-2024-05-13';
export const GOOD_CANDIDATE = 'gpt-4o-2024-08-06';

export interface LabOptions {
  readonly dataDir: string;
  readonly seed: number;
  /** Mode `recommend` keeps the cycles from changing anything by themselves. */
  readonly mode: ServiceSettings['mode'];
  readonly rollout?: Partial<ServiceSettings['rollout']>;
  readonly guardrails?: Partial<ServiceSettings['guardrails']>;
  readonly cycle?: Partial<ServiceSettings['cycle']>;
  readonly targets?: ServiceSettings['targets'];
  readonly candidates?: Partial<ServiceSettings['candidates']>;
  /** How many times faster than recorded the traffic of the lab's own service runs; 40 by default. */
  readonly speed?: number;
  /** Every 5 s by default. */
  readonly sweepEveryMs?: number;
  readonly onProgress: (line: string) => void;
}

export interface Lab extends Optimizer {
  /** Waits until the stable configuration has served enough labelled requests for a rollout to be admitted. */
  admissible(): Promise<void>;
  /** Ends everything and removes the data folder. */
  stop(): Promise<void>;
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const { dataDir, seed, mode, onProgress } = options;
  mkdirSync(dataDir, { recursive: true });
  const logger = createLogger('info', join(dataDir, 'optimizer.log'));
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => logger.warn({ meta: entry.meta }, entry.message)),
  });
  const given = await readServiceFile(SERVICE_FILE);
  const settings: ServiceSettings = {
    ...given,
    mode,
    rollout: { ...given.rollout, ...options.rollout },
    guardrails: { ...given.guardrails, ...options.guardrails },
    cycle: { ...given.cycle, ...options.cycle },
    ...(options.targets && { targets: options.targets }),
    candidates: { ...given.candidates, ...options.candidates },
  };
  const running = new Running(logger);
  const stop = async () => {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const optimizer = await startOptimizer(
      {
        dataDir,
        settings,
        incumbent: INCUMBENT,
        seed,
        speed: options.speed ?? 40,
        swap: null,
        sweepEveryMs: options.sweepEveryMs ?? 5_000,
        bundle: { code: await buildBundle() },
        logger,
        onProgress,
        signal: new AbortController().signal,
        onFailure: (error) => onProgress(`a part ended unasked: ${String(error)}`),
      },
      running,
    );
    return { ...optimizer, stop, admissible: () => admissible(optimizer) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function admissible({ stores, settings }: Optimizer): Promise<void> {
  const { serviceId, rollout } = settings;
  const enough = async () => {
    const generation = (await stores.configurations.stable(serviceId))?.generation ?? null;
    const { unitFirst } = await stores.windows.summary({
      serviceId,
      arm: 'stable',
      generation,
      fromMs: Date.now() - 3_600_000,
      toMs: Date.now(),
    });
    return (unitFirst.quality?.count ?? 0) >= rollout.minSamples ? true : undefined;
  };
  const seen = await poll(enough, { timeoutMs: 240_000, everyMs: 200 });
  if (!seen) throw new Error(`${serviceId} had not ${rollout.minSamples} labels within 4 minutes`);
}
