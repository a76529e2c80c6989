/**
 * Detectors of drift and anomalies on streams with known truth (statistics.md 2.12): false alarms per 100,000 independent values, delay after
 * known shifts and shifts missed, beside naive rules and River on the same streams; and mornings of recorded traffic that are taken for drift.
 */
import { setImmediate } from 'node:timers/promises';
import { randomFromSeed } from '../../../src/math/index.ts';
import { NAIVE, OURS } from '../detectors/contestants.ts';
import { measure, type Measured } from '../detectors/measure.ts';
import { measureRhythm } from '../detectors/rhythm.ts';
import { measureRiver, RIVER_DETECTORS, type RiverDetector } from '../detectors/river.ts';
import { AFTER_SHIFT, BEFORE_SHIFT, drawKind, STATIONARY, STREAMS } from '../detectors/streams.ts';
import type { Simulation } from '../simulation.ts';

/** Shifts per stationary stream. */
const SHIFTS_PER_RUN = 5;

const KINDS = STREAMS.map(({ name }) => name);
const RAW_KINDS = ['latencyRaw', 'costRaw'] as const;

/** What the design page measured, false alarms on Bernoulli .3 / N(0, 1) and delays after .3 -> .4 / +.5 sd. */
const KNOWN = [
  '  ADWIN .002               0 / 0        751 / 111     (our columns quality and latency)',
  '  CUSUM .25, 15, 1000   13.5 / 11.5     187 / 49',
  '  River Page-Hinkley     6.5 / 56       434 / 67',
];

const figuresOf = (prefix: string, measured: Measured | null): Readonly<Record<string, number | null>> => ({
  [`${prefix}_falsePer100k`]: measured?.falsePer100k ?? null,
  [`${prefix}_delay`]: measured?.delay ?? null,
  [`${prefix}_missed`]: measured?.missed ?? null,
});

const cell = (measured: Measured | null | undefined): string => {
  if (measured === undefined) return ''.padEnd(22);
  if (measured === null) return 'not available'.padStart(20).padEnd(22);
  const { falsePer100k, delay, missed } = measured;
  const shown = falsePer100k.toFixed(falsePer100k < 100 ? 1 : 0);
  return `${shown.padStart(8)}${String(delay ?? '-').padStart(6)}${`${Math.round(missed * 100)} %`.padStart(6)}  `;
};

const line = (label: string, cells: readonly (Measured | null | undefined)[]): string =>
  `${label.padEnd(26)}${cells.map(cell).join('')}`.trimEnd();

const RIVER_LABELS: Readonly<Record<RiverDetector, string>> = {
  adwin: 'River ADWIN',
  pageHinkley: 'River Page-Hinkley',
  kswin: 'River KSWIN (10,000)',
};

const hours = (value: number | null): string => (value === null ? 'not seen' : `${value.toFixed(1)} h`);

export const simulation: Simulation = {
  summary:
    'false alarms and delays of the drift detectors, beside naive rules and River, and mornings of recorded traffic',
  defaultRuns: 20,
  run: async ({ runs, seed, onProgress }) => {
    const random = randomFromSeed(seed);
    const drawn = STREAMS.map((kind) => drawKind(kind, random, runs, runs * SHIFTS_PER_RUN));
    // River works in a process of its own, from the first pause on.
    const river = measureRiver(drawn);
    const figures: Record<string, number | null> = {};
    const table = [
      `per stream kind: false alarms per 100,000 stationary values, median delay, shifts missed within ${AFTER_SHIFT} values`,
      `${runs} streams of ${STATIONARY} values and ${runs * SHIFTS_PER_RUN} shifts after ${BEFORE_SHIFT} values each (slow detectors: a part of them)`,
      ''.padEnd(26) + STREAMS.map(({ name, shift }) => `${name} ${shift}`.padStart(20).padEnd(22)).join(''),
    ];
    for (const { key, label, share, of } of [...OURS, ...NAIVE]) {
      onProgress(`${label} ...`);
      const cells: Measured[] = [];
      for (const kind of drawn) {
        const measured = measure(of(kind.kind), kind, share);
        cells.push(measured);
        Object.assign(figures, figuresOf(`${key}_${kind.kind.name}`, measured));
        await setImmediate();
      }
      table.push(line(label, cells));
    }

    onProgress('River ...');
    const told = await river;
    for (const name of RIVER_DETECTORS) {
      const at = (kind: string): Measured | null => (told.ok ? (told.value[kind]?.[name] ?? null) : null);
      for (const kind of KINDS) Object.assign(figures, figuresOf(`river_${name}_${kind}`, at(kind)));
      table.push(line(RIVER_LABELS[name], KINDS.map(at)));
    }
    for (const name of ['adwin', 'pageHinkley'] as const) {
      const at = (kind: string): Measured | null => (told.ok ? (told.value[kind]?.[name] ?? null) : null);
      for (const kind of RAW_KINDS) Object.assign(figures, figuresOf(`river_${name}_${kind}`, at(kind)));
      table.push(line(`${RIVER_LABELS[name]}, raw`, [undefined, undefined, ...RAW_KINDS.map(at)]));
    }
    if (!told.ok) table.push(`River: not available: ${told.reason}`);
    table.push('known from before, other streams:', ...KNOWN);

    const rhythm = measureRhythm();
    table.push(`recorded traffic with a daily rhythm, ${rhythm[0]!.days} calm days and then outages:`);
    for (const row of rhythm) {
      const { key, label, mornings, days, alarms, disturbed, disturbedDays, doubledHours, halvedHours } = row;
      figures[`${key}_mornings`] = mornings;
      figures[`${key}_alarms`] = alarms;
      figures[`${key}_disturbedDays`] = disturbed;
      figures[`${key}_doubledHours`] = doubledHours;
      figures[`${key}_halvedHours`] = halvedHours;
      table.push(
        `  ${label.padEnd(30)} mornings with an alarm ${mornings} of ${days}, alarms ${String(alarms).padStart(3)}; ` +
          `days of outages seen ${disturbed} of ${disturbedDays}; rate doubled: ${hours(doubledHours)}, halved: ${hours(halvedHours)}`,
      );
    }
    return { table, figures };
  },
};
