/**
 * The same steps over every gateway, with real processes: what share of 2,000 requests the candidate really answered, and when the traffic
 * moved, as the share gate saw it. LiteLLM and MLflow also pass the suites of the drivers here: their programs
 * are too heavy for every run. Parts are `NAME shares` and `NAME suite`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  foldExposures,
  startShareGate,
  wilsonInterval,
  type ShareGate,
} from '../../../src/analysis/index.ts';
import type { DriverStart, DriverUnderTest } from '../../integration/orchestrators/driver-under-test.ts';
import { file } from '../../integration/orchestrators/file.ts';
import { litellmFile } from '../../integration/orchestrators/litellm.ts';
import { mlflowWith } from '../../integration/orchestrators/mlflow.ts';
import { portkey } from '../../integration/orchestrators/portkey.ts';
import { referenceGateway } from '../../integration/orchestrators/reference-gateway.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const STEPS = [5, 25, 50, 100];
/** Of one look of the gate while it waits. */
const BLOCK_REQUESTS = 100;
/** A step is broken when the asked share lies outside this interval of the observed one: one sound step in 10,000. */
const BROKEN_ALPHA = 1e-4;

/** MLflow with its own default: it serves an old split for up to a minute. */
const GATEWAYS: readonly (DriverStart & { readonly part: string; readonly heavy: boolean })[] = [
  ...referenceGateway.map((each) => ({ ...each, part: each.name, heavy: false })),
  { ...file, part: 'file', heavy: false },
  { ...portkey, part: 'portkey', heavy: false },
  { ...litellmFile, part: 'litellm', heavy: true },
  { ...mlflowWith({ cacheSeconds: 60 }), part: 'mlflow', heavy: true },
];

const USUAL = { stable: { model: 'gpt-4o', temperature: '0.2' }, candidate: { model: 'claude-3-5-haiku' } };

interface Step {
  readonly weightPct: number;
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly sound: boolean;
  /** From the answer to the write until the block at which the traffic had moved. */
  readonly movedMs: number;
  readonly writeMs: number;
}

export const proof: Proof = {
  summary: 'the shares that each gateway really serves at 5, 25, 50 and 100 %; runs are requests per step',
  defaultRuns: 2_000,
  run: async ({ runs, only, onProgress }: ProofOptions): Promise<ProofResult> => {
    const table: string[][] = [['gateway', 'asked', 'observed', '95 % interval', 'write', 'moved after']];
    const figures: Record<string, number | null> = {};
    const broken: string[] = [];
    const wanted = (part: string): boolean => only === null || part.includes(only);
    for (const gateway of GATEWAYS) {
      const { part } = gateway;
      if (wanted(`${part} shares`)) {
        onProgress(`${part}: starting`);
        const driver = await gateway.start();
        try {
          for await (const step of steps(driver, runs)) {
            const { weightPct, observed, low, high, movedMs, writeMs } = step;
            onProgress(`${part}: ${weightPct} % asked, ${observed.toFixed(2)} % seen`);
            table.push([
              part,
              `${weightPct} %`,
              `${observed.toFixed(2)} %`,
              `${low.toFixed(2)} to ${high.toFixed(2)} %`,
              `${(writeMs / 1_000).toFixed(2)} s`,
              `${(movedMs / 1_000).toFixed(1)} s`,
            ]);
            figures[`${part}${weightPct}`] = Number(observed.toFixed(3));
            figures[`${part}${weightPct}MovedMs`] = Math.round(movedMs);
            if (!step.sound)
              broken.push(`${part}: ${weightPct} % asked, ${observed.toFixed(2)} % of ${runs} seen`);
          }
        } finally {
          await driver.close();
        }
      }
      if (gateway.heavy && wanted(`${part} suite`)) {
        onProgress(`${part}: the suites`);
        const passed = await conforms(gateway.name, onProgress);
        figures[`${part}Suite`] = passed ? 1 : 0;
        table.push([part, 'suites', passed ? 'passed' : 'FAILED', '', '', '']);
        if (!passed) broken.push(`${part}: a suite failed`);
      }
    }
    if (table.length === 1) broken.push(`--only ${only ?? ''}: no such gateway; there are ${partNames}`);
    return { table, figures, broken };
  },
};

const partNames = GATEWAYS.map(({ part }) => part).join(', ');

/** Through the driver's port, as a rollout writes: read back, then wait until the share gate has seen the traffic move. */
async function* steps(driver: DriverUnderTest, requests: number): AsyncGenerator<Step> {
  const { orchestrator } = driver;
  const { stable, candidate } = driver.configurations ?? USUAL;
  const serviceId = 'bot-1';
  await driver.createService(serviceId, stable);
  const count = async (n: number): Promise<number> =>
    (await driver.answers(serviceId, n)).get(candidate.model) ?? 0;
  let beforePct = 0;
  for (const [i, weightPct] of STEPS.entries()) {
    const askedMs = performance.now();
    await orchestrator.setCandidate({
      serviceId,
      generation: 2,
      revision: i + 1,
      idempotencyKey: `prove/${serviceId}/2/${i + 1}`,
      configuration: candidate,
      weightPct,
      leaseMs: 3_600_000,
    });
    const live = await orchestrator.read(serviceId);
    if (live.weight_pct !== weightPct) throw new Error(`${serviceId}: ${live.weight_pct} % read back`);
    const setAtMs = performance.now();
    const movedAtMs = await moved(count, { weightPct, beforePct, setAtMs, ...orchestrator.capabilities });
    const seen = await count(requests);
    const [low, high] = intervalPct(seen, requests);
    const [least, most] = intervalPct(seen, requests, BROKEN_ALPHA);
    yield {
      weightPct,
      observed: (100 * seen) / requests,
      low,
      high,
      sound: weightPct >= least && weightPct <= most,
      movedMs: movedAtMs - setAtMs,
      writeMs: setAtMs - askedMs,
    };
    beforePct = weightPct;
  }
}

/** When the gate saw the traffic move. Throws when it had not within three times what the driver says. */
async function moved(
  count: (n: number) => Promise<number>,
  asked: {
    readonly weightPct: number;
    readonly beforePct: number;
    readonly setAtMs: number;
    readonly convergenceMs: number;
  },
): Promise<number> {
  const { weightPct, beforePct, setAtMs, convergenceMs } = asked;
  let gate: ShareGate = startShareGate({ weightPct, beforePct, setAtMs, convergeMs: 3 * convergenceMs });
  for (let no = 0; gate.movedAtMs === null; no++) {
    const startMs = performance.now();
    if (startMs > setAtMs + 3 * convergenceMs + 60_000)
      throw new Error(`${weightPct} %: the traffic never moved`);
    const candidate = await count(BLOCK_REQUESTS);
    const endMs = performance.now();
    gate = foldExposures(gate, { no, startMs, endMs, stable: BLOCK_REQUESTS - candidate, candidate });
  }
  return gate.movedAtMs;
}

/** Of the observed share, in per cent. */
function intervalPct(seen: number, n: number, alpha?: number): readonly [number, number] {
  const { low, high } = wilsonInterval(seen, n, alpha);
  return [100 * low, 100 * high];
}

/** Runs the suites over this product in a process of its own. */
async function conforms(driver: string, onProgress: (line: string) => void): Promise<boolean> {
  const suite = 'test/integration/orchestrators/conformance.test.ts';
  const child = spawn(
    'npx',
    ['vitest', 'run', '--project', 'integration', '--testTimeout', '900000', suite],
    {
      env: { ...process.env, LLM_OPTIMIZER_GATEWAYS: driver },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const tell = (chunk: Buffer): void => onProgress(chunk.toString().trimEnd());
  child.stdout.on('data', tell);
  child.stderr.on('data', tell);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}
