import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { ExperimentStretch } from '../../../src/ports/experiments.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { expectSame } from '../../support/expect-window.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';
import {
  ARMS,
  armByHand,
  atMs,
  countByHand,
  experimentBatches,
  GENERATION,
  labelledAtMs,
  type Count,
} from './experiment-count.ts';

const SERVICE = 'support-bot';
const BLOCK_MS = 10_000;
const BEGIN_MS = Date.parse('2026-03-01T12:00:03.500Z');
const END_MS = BEGIN_MS + 600_000;
/** Weights change twice, within a block, by which users move from arm to arm. */
const PERIODS = [
  { fromMs: BEGIN_MS, shares: [1 / 3, 2 / 3, 1] },
  { fromMs: BEGIN_MS + 221_000, shares: [0.6, 0.8, 1] },
  { fromMs: BEGIN_MS + 404_200, shares: [0.1, 0.5, 1] },
];
const BATCHES = experimentBatches(11, 1_500, PERIODS, END_MS);
const arms = ARMS.map((armId) => ({
  armId,
  body: { model: armId === 'concise' ? 'model-b' : 'model-a' },
  hash: `hash-${armId}`,
})).toSorted((a, b) => Number(b.armId === 'control') - Number(a.armId === 'control'));

/** Users before the experiment: in the day before it, and in the day before that, which is no pre-period. */
const BEFORE_MS = 86_400_000;
const EARLIER = randomFeedback(8, 300, { startMs: BEGIN_MS - BEFORE_MS, spanMs: BEFORE_MS }).map(
  (event, i) => ({
    ...event,
    data: { ...event.data, unit: { kind: 'user' as const, id: `user-${i % 90}` } },
  }),
);
const OLDER = EARLIER.map((event, i) => ({
  ...event,
  id: `older-${i}`,
  data: { ...event.data, timestamp: new Date(atMs(event) - BEFORE_MS).toISOString() },
}));

let postgres: TestPostgres;
/** Has seen all of `BATCHES`, which `count` has counted by hand. */
let played: Stores;
let count: Count;
/** A database of each test's own. */
let stores: Stores;

async function newStores(): Promise<Stores> {
  const made = createStores((await postgres.createDatabase({ connections: 8 })).pool);
  await made.services.put(testSettings(SERVICE, { unit: 'user', rollout: { block: '10s', look: '10s' } }));
  return made;
}

/** Begins the experiment's epoch, then records everything, batch by batch. */
async function play(into: Stores, batches: readonly (readonly FeedbackEvent[])[]): Promise<Count> {
  await into.windows.countUnitsAnew({ serviceId: SERVICE, key: 'start', atMs: BEGIN_MS, every: 'step' });
  for (const batch of batches) await into.ingest.recordFeedback(batch, END_MS);
  const firstBlockEndMs = Math.ceil(BEGIN_MS / BLOCK_MS) * BLOCK_MS;
  return countByHand(batches, (ms) => ms < firstBlockEndMs);
}

beforeAll(async () => {
  postgres = await startPostgres();
  played = await newStores();
  await played.ingest.recordFeedback([...EARLIER, ...OLDER], END_MS);
  count = await play(played, BATCHES);
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  stores = await newStores();
});

const record = (events: readonly FeedbackEvent[]) => stores.ingest.recordFeedback(events, END_MS);

const stretch = (fromMs: number, toMs: number, periodFromMs: number): ExperimentStretch => ({
  serviceId: SERVICE,
  generation: GENERATION,
  fromMs,
  toMs,
  periodFromMs,
  pieceMs: null,
});

function only<T>([one]: readonly T[]): T {
  if (one === undefined) throw new TypeError('nothing came, expected one');
  return one;
}

/** Sums of several digits differ in the last ones with the order in which they are added. */
function rounded(value: unknown): unknown {
  const digits = (_: string, one: unknown) => (typeof one === 'number' ? Number(one.toPrecision(12)) : one);
  return JSON.parse(JSON.stringify(value, digits)) as unknown;
}

/** Each period in one look, in two, and stretches that hold no block. */
const stretches = PERIODS.flatMap(({ fromMs }, i) => {
  const toMs = PERIODS[i + 1]?.fromMs ?? END_MS;
  const middleMs = fromMs + 87_654;
  return [
    stretch(fromMs, toMs, fromMs),
    stretch(fromMs, middleMs, fromMs),
    stretch(middleMs, toMs, fromMs),
    stretch(fromMs, fromMs + 900, fromMs),
  ];
});

describe('windows of an experiment', () => {
  it('equal a count by hand of users who move, requests, late labels, and batches that overlap out of order', async () => {
    const moved = count.units.filter(
      ({ first, labelled }) => labelled && labelled.data.arm !== first.data.arm,
    );
    expect(moved.length).toBeGreaterThan(5);
    let [seen, leftOut] = [0, 0];
    for (const asked of stretches) {
      const window = only(await played.experimentWindows.experimentWindows(asked));
      const [scores = {}] = await played.experimentWindows.experimentScores(asked);
      expect(window.fromMs).toBe(Math.ceil(asked.fromMs / BLOCK_MS) * BLOCK_MS);
      expect(window.toMs).toBe(Math.floor(asked.toMs / BLOCK_MS) * BLOCK_MS);
      for (const arm of ARMS) {
        const known = armByHand(count, arm, asked, BLOCK_MS);
        const found = window.arms[arm];
        const nothing = known.all.length + known.exposed.length + known.labels.length === 0;
        expect(found === undefined).toBe(nothing);
        expectSame(found?.all ?? {}, known.all);
        const { quality, ...others } = found?.unitFirst ?? {};
        expect(others.error?.count ?? 0).toBe(known.exposed.length);
        expectSame(
          others,
          known.exposed.map(({ first }) => ({ ...first, data: { ...first.data, quality: null } })),
        );
        expect([quality?.count ?? 0, quality?.sum ?? 0]).toEqual([
          known.labels.length,
          known.labels.reduce((a, b) => a + b, 0),
        ]);
        expect(quality?.sumOfSquares ?? 0).toBe(known.labels.reduce((a, b) => a + b * b, 0));
        expect([found?.exposures ?? 0, found?.labelled ?? 0]).toEqual([known.exposed.length, known.labelled]);
        expect(found?.providers ?? []).toEqual(known.providers);
        expect(found?.answers ?? {}).toEqual(known.answers);
        expect(scores[arm] ?? []).toEqual(known.labels);
        seen += known.labels.length;
        leftOut +=
          armByHand(count, arm, { ...asked, periodFromMs: 0 }, BLOCK_MS).labels.length - known.labels.length;
      }
    }
    expect(seen).toBeGreaterThan(500);
    expect(leftOut).toBeGreaterThan(0);
  });

  it('come in pieces that say together what the whole says, each mark in its own', async () => {
    const { fromMs } = only(PERIODS);
    const whole = stretch(fromMs, END_MS, fromMs);
    const cut = { ...whole, pieceMs: 2 * BLOCK_MS };
    const one = only(await played.experimentWindows.experimentWindows(whole));
    const pieces = await played.experimentWindows.experimentWindows(cut);
    expect(pieces.length).toBe(Math.ceil((one.toMs - one.fromMs) / (2 * BLOCK_MS)));
    expect(pieces.length).toBeGreaterThan(3);
    expect([pieces[0]?.fromMs, pieces.at(-1)?.toMs]).toEqual([one.fromMs, one.toMs]);
    for (const [i, piece] of pieces.entries()) {
      const same = stretch(piece.fromMs, piece.toMs, fromMs);
      expect(rounded(piece)).toEqual(rounded(only(await played.experimentWindows.experimentWindows(same))));
      const [alone = {}] = await played.experimentWindows.experimentScores(same);
      const scores = await played.experimentWindows.experimentScores(cut);
      expect(scores[i] ?? {}).toEqual(alone);
    }
  });

  it('count each unit once, in one arm, when many writers see it at the same moment', async () => {
    const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
    const batches = Array.from({ length: 12 }, (_, b) =>
      users.map((id) => ({
        ...feedbackEvent(`${b}-${id}`, {
          unit: { kind: 'user', id },
          arm: ARMS[b % 3] ?? 'control',
          experiment: 'e',
          generation: GENERATION,
          quality: b % 2 ? 1 : null,
        }),
        source: `/gateway/${b}`,
      })),
    );
    await Promise.all(batches.map(record));
    const all = stretch(BEGIN_MS - 3_600_000, END_MS, 0);
    const window = only(await stores.experimentWindows.experimentWindows(all));
    const sum = (of: (arm: (typeof window.arms)[string]) => number | undefined) =>
      Object.values(window.arms).reduce((total, arm) => total + (of(arm) ?? 0), 0);
    expect(sum((arm) => arm.all.error?.count)).toBe(360);
    expect(sum((arm) => arm.exposures)).toBe(30);
    expect(sum((arm) => arm.unitFirst.error?.count)).toBe(30);
    expect(sum((arm) => arm.unitFirst.quality?.count)).toBe(30);
    for (const arm of Object.values(window.arms)) expect(arm.labelled).toBe(arm.exposures);
  });

  it('keep another experiment of the same service apart', async () => {
    const asked = stretch(BEGIN_MS, END_MS, BEGIN_MS);
    const before = await played.experimentWindows.experimentWindows(asked);
    const other = BATCHES.flat().map(({ data, ...event }) => ({
      ...event,
      source: '/gateway/other',
      data: { ...data, generation: GENERATION + 1 },
    }));
    await played.ingest.recordFeedback(other.slice(0, 300), END_MS);
    expect(await played.experimentWindows.experimentWindows(asked)).toEqual(before);
  });
});

describe('an experiment whose run was reset', () => {
  it('goes on under another generation with its units where they were, each counted once', async () => {
    const user = (id: string, second: number, more: Partial<FeedbackEvent['data']>) =>
      feedbackEvent(id, {
        unit: { kind: 'user', id: 'ada' },
        timestamp: new Date(BEGIN_MS + second * 1_000).toISOString(),
        experiment: 'e',
        arm: 'concise',
        generation: GENERATION,
        quality: null,
        ...more,
      });
    await record([user('1', 10, {})]);
    await stores.experiments.carryUnits(SERVICE, GENERATION, GENERATION + 1);
    await stores.experiments.carryUnits(SERVICE, GENERATION, GENERATION + 1);
    await record([user('2', 100, { generation: GENERATION + 1, arm: 'control', quality: 1 })]);
    const { arms: found } = only(
      await stores.experimentWindows.experimentWindows({
        ...stretch(BEGIN_MS + 50_000, END_MS, BEGIN_MS),
        generation: GENERATION + 1,
      }),
    );
    expect(found['control']).toMatchObject({ exposures: 0, unitFirst: {}, all: { error: { count: 1 } } });
    expect(found['concise']).toMatchObject({ exposures: 0, unitFirst: { quality: { count: 1, sum: 1 } } });
  });
});

describe('beside an experiment', () => {
  it('rollouts read no arm of it, and the stable configuration is summed with its control', async () => {
    await stores.configurations.record(
      {
        serviceId: SERVICE,
        generation: 1,
        body: { model: 'model-a' },
        hash: 'hash-control',
        status: 'stable',
        source: 'adoption',
      },
      BEGIN_MS,
    );
    const plain = randomFeedback(5, 400, { startMs: BEGIN_MS, spanMs: 500_000 });
    await record(plain);
    const range = { serviceId: SERVICE, fromMs: BEGIN_MS - 60_000, toMs: END_MS };
    const blocks = { ...range, generation: 2, blockMs: BLOCK_MS, fromNo: 0, toNo: END_MS / BLOCK_MS };
    const summary = (arm: 'stable' | 'candidate', generation: number | null) =>
      stores.windows.summary({ ...range, arm, generation });
    const rolloutReads = async () => [
      await stores.windows.blocks(blocks),
      await stores.windows.named({ ...blocks, names: ['groundedness', 'latencyMs'] }),
      await stores.windows.lateSince(SERVICE, 2, BLOCK_MS, []),
      await summary('candidate', null),
    ];
    await stores.windows.markFolded(SERVICE, 2, (await stores.windows.blocks(blocks)).slice(0, 9));
    const before = await rolloutReads();
    const { events, units } = await play(stores, BATCHES.slice(0, 9));
    const stable = plain.filter(({ data }) => data.arm === 'stable');
    // Nobody has said which arm is the control.
    expectSame((await summary('stable', null)).all, stable);
    await stores.experiments.recordArms(SERVICE, GENERATION, arms);
    expect(await rolloutReads()).toEqual(before);

    const control = events.filter(({ data }) => data.arm === 'control');
    expect(control.length).toBeGreaterThan(50);
    expectSame((await summary('stable', null)).all, [...stable, ...control]);
    expectSame((await summary('stable', 1)).all, [...stable, ...control]);
    const { unitFirst } = await summary('stable', 1);
    const ofControl = units.filter(({ first }) => first.data.arm === 'control');
    expect(unitFirst.error?.count).toBe(stable.length + ofControl.length);
    expect(unitFirst.quality?.count).toBe(
      stable.filter(({ data }) => data.quality !== null).length +
        ofControl.filter(({ labelled }) => labelled !== null).length,
    );
    expect(await summary('stable', 3)).toEqual({ all: {}, unitFirst: {} });
  });

  it('units of the same name count on for the stable arm', async () => {
    const user = (id: string, more: Partial<FeedbackEvent['data']>) =>
      feedbackEvent(id, { unit: { kind: 'user', id: 'ada' }, ...more });
    await record([user('1', {}), user('2', { arm: 'concise', experiment: 'e', generation: GENERATION })]);
    const { unitFirst } = await stores.windows.summary({
      serviceId: SERVICE,
      arm: 'stable',
      generation: 1,
      fromMs: BEGIN_MS - 60_000,
      toMs: END_MS,
    });
    expect(unitFirst.error?.count).toBe(1);
  });
});

describe('reports of an experiment', () => {
  it('tell segments apart by what the first exposure of each unit was', async () => {
    const { units } = count;
    for (const [by, of] of [
      ['taskType', ({ task_type }: FeedbackEvent['data']) => task_type],
      ['region', ({ region }: FeedbackEvent['data']) => region ?? 'unknown'],
    ] as const) {
      const segments = await played.experimentWindows.experimentSegments({
        serviceId: SERVICE,
        generation: GENERATION,
        by,
      });
      expect(segments.map(({ segment }) => segment)).toEqual(
        by === 'taskType' ? ['question', 'summary'] : ['eu', 'unknown', 'us'],
      );
      for (const { segment, arms: found } of segments) {
        for (const arm of ARMS) {
          const labels = units
            .filter(({ first }) => first.data.arm === arm && of(first.data) === segment)
            .flatMap(({ labelled }) => labelled?.data.quality ?? []);
          expect(found[arm]).toEqual({
            n: labels.length,
            sum: labels.reduce((a, b) => a + b, 0),
            sumOfSquares: labels.reduce((a, b) => a + b * b, 0),
          });
        }
      }
    }
  });

  it('hold the label of each user against what was known of the user before', async () => {
    const { units } = count;
    const sums = await played.experimentWindows.prePeriod({
      serviceId: SERVICE,
      generation: GENERATION,
      startMs: BEGIN_MS,
      beforeMs: BEFORE_MS,
    });
    const known = (id: string) => {
      const of = EARLIER.filter(({ data }) => data.unit.id === id).flatMap(({ data }) => data.quality ?? []);
      return of.length === 0 ? null : of.reduce((a, b) => a + b, 0) / of.length;
    };
    expect(Object.keys(sums)).toEqual([...ARMS]);
    for (const arm of ARMS) {
      const pairs = units
        .filter((unit) => unit.first.data.arm === arm && unit.first.data.unit.kind === 'user')
        .filter((unit) => labelledAtMs(unit) !== null)
        .map(({ first, labelled }) => ({ x: known(first.data.unit.id), y: labelled?.data.quality ?? 0 }));
      const sumOf = (of: (x: number, y: number) => number) =>
        pairs.reduce((sum, { x, y }) => (x === null ? sum : sum + of(x, y)), 0);
      const missing = pairs.filter(({ x }) => x === null);
      expect(missing.length).toBeGreaterThan(0);
      expect(sums[arm]?.n).toBe(pairs.length - missing.length);
      expect(sums[arm]?.missing).toBe(missing.length);
      for (const [name, value] of [
        ['sumX', sumOf((x) => x)],
        ['sumY', sumOf((_, y) => y)],
        ['sumXX', sumOf((x) => x * x)],
        ['sumXY', sumOf((x, y) => x * y)],
        ['sumYY', sumOf((_, y) => y * y)],
        ['missingSumY', missing.reduce((sum, { y }) => sum + y, 0)],
        ['missingSumYY', missing.reduce((sum, { y }) => sum + y * y, 0)],
      ] as const) {
        expect(sums[arm]?.[name]).toBeCloseTo(value, 9);
      }
    }
  });
});
