/**
 * `npm run prove -- ingest`: Kafka, HTTP and OpenTelemetry exporters send feedback, metrics, pairs, alerts and garbage while ingest is killed (`--runs` times), the
 * broker is killed and restarted, and the database is shut down at once and killed with all its processes. In the end what is stored must be what was sent, by
 * identity, the windows must equal an independent computation, to the last count, and every alert of a service whose rollout runs must have come to it.
 */
import type { Pool, PoolClient } from 'pg';
import { poll } from '../../../src/embedded/poll.ts';
import {
  compareIdentities,
  compareRows,
  compareSignals,
  together,
  type Compared,
} from '../ingest/compare.ts';
import { compareLetters, readWhole } from '../ingest/dead-letters.ts';
import { disturb, RESTARTS } from '../ingest/disturb.ts';
import { startJavaScript, startPython, type Totals } from '../ingest/exporters.ts';
import { startHurtService, type HurtService } from '../ingest/hurt-service.ts';
import { Ledger, type Figures } from '../ingest/ledger.ts';
import {
  alertsOf,
  asideOf,
  countKept,
  eventsOf,
  lettersWaiting,
  pairsOf,
  totalsOf,
  windowsOf,
} from '../ingest/read-back.ts';
import { HURT, sendOverHttp, sendToKafka, TOPICS, type Garbage } from '../ingest/senders.ts';
import { startStage, type Stage } from '../../support/ingest-stage.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const BY_KAFKA = 40_000;
const BY_HTTP = 10_000;
const PARTITIONS = 4;
/** Read by ingest, and nothing is sent to it. */
const IDLE_TOPIC = 'llm.sentinel.drift.detected';
const DRAIN_MS = 120_000;
const SERVICE = 'exporters';
const MOST_LINES = 10;

async function run({ runs, seed, onProgress }: ProofOptions): Promise<ProofResult> {
  const others = [IDLE_TOPIC, ...Object.values(TOPICS).filter((topic) => topic !== TOPICS.feedback)];
  const hurt = await startHurtService(HURT);
  try {
    return await onStage(
      await startStage({
        partitions: PARTITIONS,
        temporal: hurt.temporal,
        before: async ({ kafka, pool }) => {
          await kafka.createTopics(others, PARTITIONS);
          await hurt.adopt(pool);
        },
      }),
      hurt,
      { runs, seed, onProgress },
    );
  } finally {
    await hurt.stop();
  }
}

async function onStage(
  stage: Stage,
  hurt: HurtService,
  { runs, seed, onProgress }: Pick<ProofOptions, 'runs' | 'seed' | 'onProgress'>,
): Promise<ProofResult> {
  try {
    const ledger = new Ledger();
    const garbage: Garbage = { log: new Set(), http: new Set() };
    const exporters = [startJavaScript(stage, SERVICE), await startPython(stage, SERVICE)];
    const sending = Promise.all([
      sendToKafka(stage, ledger, garbage, { count: BY_KAFKA, seed }),
      sendOverHttp(stage, ledger, garbage, { count: BY_HTTP, seed: seed + 1 }),
    ]);
    const partitions = PARTITIONS * [IDLE_TOPIC, ...Object.values(TOPICS)].length;
    await disturb(stage, partitions, runs, onProgress);
    await sending;
    onProgress('everything is sent');
    const counted: Totals = Object.assign({}, ...(await Promise.all(exporters.map((each) => each.end()))));
    const lag = await drained(stage);
    onProgress('everything is read');
    const signals = compareSignals(await hurt.signals(stage.pool), ledger.alarms);
    return await judged(stage, { ledger, garbage, counted, lag, signals, kills: runs });
  } finally {
    await stage.stop();
  }
}

/** Messages that are behind by partition, when nothing changes any more: no lag, no letters that wait, and two looks in a row that count alike. */
async function drained(stage: Stage): Promise<readonly (number | null)[]> {
  let before = -1;
  let lag: readonly (number | null)[] = [];
  await poll(
    async () => {
      const log = (await stage.health())?.log;
      lag = log?.assigned.map(({ behind }) => behind) ?? [];
      const now = await countKept(stage.pool);
      const still = now === before && (await lettersWaiting(stage.pool)) === 0;
      before = now;
      return still && log?.state === 'reading' && lag.length > 0 && lag.every((behind) => behind === 0)
        ? true
        : undefined;
    },
    { timeoutMs: DRAIN_MS, everyMs: 500 },
  );
  return lag;
}

interface Told {
  readonly ledger: Ledger;
  readonly garbage: Garbage;
  readonly counted: Totals;
  readonly lag: readonly (number | null)[];
  readonly signals: ReturnType<typeof compareSignals>;
  readonly kills: number;
}

async function judged(stage: Stage, told: Told): Promise<ProofResult> {
  const { ledger, garbage, counted, lag, signals, kills } = told;
  const { pool } = stage;
  const { client } = stage.kafka;
  const dlqs = [TOPICS.feedback, TOPICS.metric].map((topic) => `${topic}.dlq`);
  const whole = async (topics: readonly string[]) =>
    (await Promise.all(topics.map((topic) => readWhole(client, topic)))).flat();
  const letters = compareLetters(await whole(Object.values(TOPICS)), await whole(dlqs), garbage.log);
  const aside = await asideOf(pool);
  const asideByHttp = new Set(aside.http);
  const [events, alerts] = [await eventsOf(pool), await alertsOf(pool)];
  const kept: Readonly<Record<string, Compared>> = {
    events: compareIdentities('event', events, ledger.events()),
    alerts: compareIdentities('alert', alerts, ledger.alerts),
    asideFromKafka: compareIdentities('set aside', aside.log, letters.places),
    // A batch that is sent again sets the same text aside again.
    asideFromHttp: compareIdentities('set aside', [...asideByHttp], garbage.http),
    letters,
    signals,
    otlp: compareRows('metric', await totalsOf(pool, SERVICE), otlpOf(counted), 'count'),
  };
  const windows = await compareCounted(pool, ledger);
  const all = together([...Object.values(kept), windows]);
  const seen = await seesDefects(pool, ledger);
  const sent = ledger.events().size + ledger.alerts.size + letters.places.size + garbage.http.size;
  const stored = new Set(events).size + new Set(alerts).size;
  const setAside = new Set(aside.log).size + asideByHttp.size;
  const notZero = lag.filter((behind) => behind !== 0).length;
  const figures = {
    sent,
    stored,
    setAside,
    lost: all.lost,
    doubled: all.doubled,
    deadLetters: letters.places.size,
    deadLettersAgain: letters.again,
    windows: ledger.windows().size,
    pairSums: ledger.pairs().size,
    otlpMetrics: Object.keys(counted).length,
    alertsOfARollout: ledger.alarms.security + ledger.alarms.other,
    alertsNotSignalled: signals.lost,
    signalsAgain: signals.again,
    differences: all.differ.length,
    partitions: lag.length,
    partitionsBehind: notZero,
    kills,
    restarts: RESTARTS,
    defectsSeen: seen,
  };
  return {
    table: [['what', 'figure'], ...Object.entries(figures).map(([what, n]) => [what, String(n)])],
    figures,
    broken: [
      ...(stored + setAside === sent ? [] : [`sent ${sent}, stored ${stored}, set aside ${setAside}`]),
      ...(notZero === 0 && lag.length > 0 ? [] : [`behind, by partition: ${lag.join(', ')}`]),
      ...(seen === DEFECTS ? [] : [`${seen} of ${DEFECTS} defects that were made on purpose are seen`]),
      ...all.differ.slice(0, MOST_LINES),
    ],
  };
}

const otlpOf = (counted: Totals): ReadonlyMap<string, Figures> =>
  new Map(
    Object.entries(counted).map(([metric, { count, sum }]) => [
      metric,
      { sum, ...(count !== undefined && { count }) },
    ]),
  );

const compareCounted = async (db: Pool | PoolClient, ledger: Ledger): Promise<Compared> =>
  together([
    compareRows('window', await windowsOf(db, SERVICE), ledger.windows(), 'count'),
    compareRows('pairs', await pairsOf(db), ledger.pairs(), 'pairs'),
  ]);

/** One observation more, one less, a first one of a unit too many, and a pair less. */
const DEFECTS = 4;

/** How many defects the comparison sees, each made in a transaction that is taken back: a proof that cannot fail proves nothing. */
async function seesDefects(pool: Pool, ledger: Ledger): Promise<number> {
  const one = `ctid = (SELECT ctid FROM metric_windows WHERE service_id <> '${SERVICE}' AND first_count > 1 LIMIT 1)`;
  const defects: readonly (readonly [string, (found: Compared) => boolean])[] = [
    [`UPDATE metric_windows SET count = count + 1 WHERE ${one}`, ({ doubled }) => doubled === 1],
    [`UPDATE metric_windows SET count = count - 1 WHERE ${one}`, ({ lost }) => lost === 1],
    [`UPDATE metric_windows SET first_count = first_count + 1 WHERE ${one}`, () => true],
    [
      `UPDATE shadow_pair_windows SET pairs = pairs - 1 WHERE ctid = (SELECT ctid FROM shadow_pair_windows WHERE pairs > 1 LIMIT 1)`,
      ({ lost }) => lost === 1,
    ],
  ];
  const before = (await compareCounted(pool, ledger)).differ.length;
  const client = await pool.connect();
  let seen = 0;
  try {
    for (const [make, shows] of defects) {
      await client.query('BEGIN');
      await client.query(make);
      const found = await compareCounted(client, ledger);
      await client.query('ROLLBACK');
      if (found.differ.length === before + 1 && (before > 0 || shows(found))) seen += 1;
    }
  } finally {
    client.release();
  }
  return seen;
}

export const proof: Proof = {
  summary: 'ingest, broker and database killed while real senders send: all of it stored once',
  defaultRuns: 10,
  run,
};
