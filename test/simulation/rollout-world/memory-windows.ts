/**
 * Windows in memory, by the rules of the store: blocks of exposure time, an observation counted once it has been told, and of each unit the first
 * exposure and the first label since `unitsSince` says. Judges nothing. `everyRequest` counts what the store's `all` columns do.
 */
import { ARMS, type Arm, type ArmWindow, type Block, type WindowStats } from '../../../src/domain/window.ts';
import { addAllToSketch, emptySketch, emptyStats, mergeStats } from '../../../src/math/index.ts';
import type { WindowStore } from '../../../src/ports/windows.ts';
import type { Outcome } from './recorded-answers.ts';

/**
 * What counts of a unit that comes again: every request, the first one since its generation was first served, or the first one since
 * the weight was last set.
 */
export type CountRule = 'everyRequest' | 'firstOfGeneration' | 'firstOfStep';

export interface Observation extends Outcome {
  readonly atMs: number;
  readonly arm: Arm;
  /** Null for a request that is a unit of its own. */
  readonly unit: number | null;
  readonly labelled: boolean;
}

interface ArmLog {
  readonly latencyMs: number[];
  readonly costUsd: number[];
  readonly quality: number[];
  readonly labelAtMs: number[];
}

export interface MemoryWindows extends WindowStore {
  add(observation: Observation): void;
  /** Labels of requests in `[fromMs, toMs)`: those that count, and all. */
  labels(fromMs: number, toMs: number): { readonly counted: number; readonly all: number };
}

const statsOf = (values: readonly number[], withSketch: boolean): WindowStats => {
  let [sum, sumOfSquares, min, max] = [0, 0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    sumOfSquares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const sketch = withSketch ? addAllToSketch(emptySketch(), values) : null;
  return { count: values.length, sum, sumOfSquares, min, max, sketch };
};

export const memoryWindows = (setting: {
  readonly blockMs: number;
  /** A label is told this long after its exposure. */
  readonly labelDelayMs: number;
  readonly counts: CountRule;
  readonly nowMs: () => number;
}): MemoryWindows => {
  const { blockMs, labelDelayMs, counts, nowMs } = setting;
  const logs = new Map<number, Record<Arm, ArmLog>>();
  const whole = new Map<number, Block>();
  const folded = new Map<number, Block>();
  const allLabels: number[] = [];
  /** Requests of both arms per block, every one of them. */
  const requests = new Map<number, Record<Arm, number>>();
  let exposed = new Set<string>();
  let labelled = new Set<string>();
  let anewFromMs = Infinity;

  const isFirst = (seen: Set<string>, arm: Arm, unit: number | null): boolean => {
    if (unit === null || counts === 'everyRequest') return true;
    const key = `${arm} ${unit}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
  const logOf = (no: number): Record<Arm, ArmLog> => {
    const known = logs.get(no);
    if (known) return known;
    const empty = (): ArmLog => ({ latencyMs: [], costUsd: [], quality: [], labelAtMs: [] });
    const made = { stable: empty(), candidate: empty() };
    logs.set(no, made);
    return made;
  };
  const armOf = (log: ArmLog, atMs: number): ArmWindow => {
    const count = log.latencyMs.length;
    if (count === 0) return {};
    // Exposures are told in order and labels after one and the same delay, so what has been told is a beginning of the log.
    let told = log.labelAtMs.length;
    while (told > 0 && log.labelAtMs[told - 1]! > atMs) told -= 1;
    const quality = log.quality.slice(0, told);
    return {
      error: { count, sum: 0, sumOfSquares: 0, min: 0, max: 0, sketch: null },
      latencyMs: statsOf(log.latencyMs, true),
      costUsd: statsOf(log.costUsd, true),
      ...(quality.length > 0 && { quality: statsOf(quality, false) }),
    };
  };
  const blockOf = (no: number): Block | null => {
    const known = whole.get(no);
    if (known) return known;
    const log = logs.get(no);
    if (!log) return null;
    const [startMs, endMs, atMs] = [no * blockMs, (no + 1) * blockMs, nowMs()];
    const arms = { stable: armOf(log.stable, atMs), candidate: armOf(log.candidate, atMs) };
    const block = { no, startMs, endMs, arms };
    if (endMs + labelDelayMs <= atMs) whole.set(no, block);
    return block;
  };
  const blocksOf = (fromNo: number, toNo: number): Block[] => {
    const found: Block[] = [];
    for (let no = fromNo; no <= toNo; no++) {
      const block = blockOf(no);
      if (block && ARMS.some((arm) => Object.keys(block.arms[arm]).length > 0)) found.push(block);
    }
    return found;
  };

  return {
    add: ({ atMs, arm, unit, labelled: isLabelled, quality, latencyMs, costUsd }) => {
      const no = Math.floor(atMs / blockMs);
      if (no * blockMs >= anewFromMs) {
        [exposed, labelled, anewFromMs] = [new Set(), new Set(), Infinity];
      }
      const seen = requests.get(no) ?? { stable: 0, candidate: 0 };
      seen[arm] += 1;
      requests.set(no, seen);
      const log = logOf(no)[arm];
      const between = unit !== null && atMs >= anewFromMs;
      if (!between && isFirst(exposed, arm, unit)) {
        log.latencyMs.push(latencyMs);
        log.costUsd.push(costUsd);
      }
      if (!isLabelled) return;
      allLabels.push(atMs);
      if (!between && isFirst(labelled, arm, unit)) {
        log.quality.push(quality);
        log.labelAtMs.push(atMs + labelDelayMs);
      }
    },
    countUnitsAnew: async ({ atMs }) => {
      if (counts === 'firstOfStep') anewFromMs = atMs;
    },
    labels: (fromMs, toMs) => {
      const blocks = blocksOf(Math.ceil(fromMs / blockMs), Math.floor(toMs / blockMs) - 1);
      const counted = blocks.flatMap(({ arms }) => ARMS.map((arm) => arms[arm].quality?.count ?? 0));
      return {
        counted: counted.reduce((sum, count) => sum + count, 0),
        all: allLabels.filter((atMs) => atMs >= fromMs && atMs < toMs).length,
      };
    },
    blocks: async ({ fromNo, toNo }) => blocksOf(fromNo, toNo),
    markFolded: async (_serviceId, _generation, blocks) =>
      blocks.map((block) => {
        if (!folded.has(block.no)) folded.set(block.no, block);
        return folded.get(block.no)!;
      }),
    named: async () => ({ stable: {}, candidate: {} }),
    lateSince: async (_serviceId, _generation, _blockMs, stretchesFromMs) => stretchesFromMs.map(() => null),
    summary: async ({ arm, fromMs, toMs }) => {
      const blocks = blocksOf(Math.ceil(fromMs / blockMs), Math.floor(toMs / blockMs) - 1);
      const metrics = ['quality', 'error', 'latencyMs', 'costUsd'] as const;
      const sums = metrics.map((metric) => {
        const withSketch = metric === 'latencyMs' || metric === 'costUsd';
        const parts = blocks.flatMap((block) => block.arms[arm][metric] ?? []);
        return [metric, parts.reduce(mergeStats, emptyStats({ withSketch }))] as const;
      });
      const unitFirst: ArmWindow = Object.fromEntries(sums.filter(([, { count }]) => count > 0));
      // Of every request only the number is asked for, by freshness.
      let count = 0;
      for (let no = Math.ceil(fromMs / blockMs); no < Math.floor(toMs / blockMs); no++)
        count += requests.get(no)?.[arm] ?? 0;
      const counted = { count, sum: 0, sumOfSquares: 0, min: 0, max: 0, sketch: null };
      return {
        unitFirst,
        all: count > 0 ? Object.fromEntries(metrics.map((metric) => [metric, counted])) : {},
      };
    },
  };
};
