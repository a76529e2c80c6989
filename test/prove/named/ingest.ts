/**
 * `npm run prove -- ingest`: real Kafka, PostgreSQL and OpenTelemetry exporters send while ingest is killed (`--runs` times), the broker and the database are
 * restarted, one message in a hundred is garbage and some come twice. In the end the windows must equal an independent computation, to the last count.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../../src/embedded/poll.ts';
import { compareOtlp, compareWindows, countKept, type Kept } from '../ingest/compare.ts';
import { Ledger } from '../ingest/ledger.ts';
import {
  sendOverHttp,
  sendToKafka,
  startJavaScript,
  startPython,
  type Sent,
  type Totals,
} from '../ingest/senders.ts';
import { startStage, type Stage } from '../../support/ingest-stage.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const BY_KAFKA = 40_000;
const BY_HTTP = 10_000;
/** Between the return of a killed process and the next kill, at most. */
const CALM_MS = 3_000;
const DRAIN_MS = 120_000;
const SERVICE = 'exporters';

async function disturb(stage: Stage, kills: number, onProgress: (line: string) => void): Promise<void> {
  for (let kill = 1; kill <= kills; kill += 1) {
    await delay(CALM_MS * ((kill * 7) % 10) * 0.1);
    await stage.killIngest();
    onProgress(`ingest killed and started again: ${kill} of ${kills}`);
    if (kill === Math.ceil(kills * 0.4)) {
      await stage.kafka.kill();
      await stage.kafka.start();
      onProgress('the broker was killed and started again');
    }
    if (kill === Math.ceil(kills * 0.7)) {
      await stage.postgres.down();
      await stage.postgres.up();
      onProgress('the database was stopped and started again');
    }
  }
}

/** Everything is in when nothing is behind and two looks in a row count alike. */
async function drained(stage: Stage, expected: number): Promise<Kept> {
  let before = -1;
  const kept = await poll(
    async () => {
      const health = await stage.health();
      const now = await countKept(stage.pool);
      const total = now.events + now.alerts + now.garbage;
      const still = total === before;
      before = total;
      return still && (total >= expected || health?.log.state === 'reading') && total >= expected
        ? now
        : undefined;
    },
    { timeoutMs: DRAIN_MS, everyMs: 500 },
  );
  return kept ?? countKept(stage.pool);
}

async function run({ runs, seed, onProgress }: ProofOptions): Promise<ProofResult> {
  const stage = await startStage();
  try {
    const ledger = new Ledger();
    const sent: Sent = { garbage: new Set(), alerts: new Set() };
    const exporters = [startJavaScript(stage, SERVICE), await startPython(stage, SERVICE)];
    const sending = Promise.all([
      sendToKafka(stage, ledger, sent, BY_KAFKA, seed),
      sendOverHttp(stage, ledger, sent, BY_HTTP, seed + 1),
    ]);
    await disturb(stage, runs, onProgress);
    await sending;
    onProgress('everything is sent');
    const counted: Totals = Object.assign({}, ...(await Promise.all(exporters.map((each) => each.end()))));
    const offered = ledger.events + sent.alerts.size + sent.garbage.size;
    const kept = await drained(stage, offered);
    const windows = await compareWindows(stage.pool, ledger, SERVICE);
    const otlp = await compareOtlp(stage.pool, counted, SERVICE);
    const stored = kept.events + kept.alerts;
    const lost = Math.max(0, offered - stored - kept.garbage);
    const doubled = windows.surplus + kept.twice;
    const figures = {
      sent: offered,
      stored,
      setAside: kept.garbage,
      lost,
      doubled,
      windows: windows.cells,
      windowsThatDiffer: windows.differ.length,
      otlpMetrics: Object.keys(counted).length,
      otlpMetricsThatDiffer: otlp.length,
      kills: runs,
    };
    return {
      table: [['what', 'figure'], ...Object.entries(figures).map(([what, n]) => [what, String(n)])],
      figures,
      broken: [
        ...(stored + kept.garbage === offered
          ? []
          : [`sent ${offered}, stored ${stored}, set aside ${kept.garbage}`]),
        ...(kept.garbage === sent.garbage.size
          ? []
          : [`garbage ${sent.garbage.size}, set aside ${kept.garbage}`]),
        ...windows.differ.slice(0, 10),
        ...otlp,
        ...(kept.twice === 0 ? [] : [`${kept.twice} messages of the log are set aside twice`]),
      ],
    };
  } finally {
    await stage.stop();
  }
}

export const proof: Proof = {
  summary: 'ingest killed while real senders send: windows equal an independent computation',
  defaultRuns: 10,
  run,
};
