/**
 * When the clock of a step starts at a gateway that says "done" at once and serves the weight of before for another 60 seconds, as one real product does. By
 * step and request rate: how often the share gate starts the clock before the traffic moved, how late it starts it, and how long it takes to
 * say so; and how often it never does within the hour. Beside it the rule that believes the gateway: it starts 60 seconds early, always.
 */
import { foldExposures, startShareGate } from '../../../src/analysis/index.ts';
import { randomFromSeed, sampleBinomial } from '../../../src/math/index.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';

const BLOCK_MS = 60_000;
const FOLLOWS_AFTER_MS = 60_000;
const CONVERGE_MS = 300_000;
const BLOCKS = 60;
const STEPS = [
  [0, 5],
  [5, 25],
  [25, 50],
  [50, 100],
] as const;
const RATES_PER_SECOND = [1, 10, 100] as const;

interface Started {
  /** When the clock was started, and when that was known, ms after the traffic moved; null for never. */
  readonly clockMs: number | null;
  readonly knownMs: number | null;
}

type Random = ReturnType<typeof randomFromSeed>;

/** One step, its weight written somewhere within a block. */
const step = (beforePct: number, weightPct: number, perSecond: number, random: Random): Started => {
  const setAtMs = Math.floor(random.next() * BLOCK_MS);
  const movesAtMs = setAtMs + FOLLOWS_AFTER_MS;
  let gate = startShareGate({ weightPct, beforePct, setAtMs, convergeMs: CONVERGE_MS });
  let found: Started = { clockMs: null, knownMs: null };
  for (let no = 0; no < BLOCKS; no++) {
    const [startMs, endMs] = [no * BLOCK_MS, (no + 1) * BLOCK_MS];
    const movedShare = Math.min(1, Math.max(0, (endMs - movesAtMs) / BLOCK_MS));
    const requests = Math.round((perSecond * BLOCK_MS) / 1_000);
    const after = Math.round(requests * movedShare);
    const candidate =
      sampleBinomial(requests - after, beforePct / 100, random) +
      sampleBinomial(after, weightPct / 100, random);
    gate = foldExposures(gate, { no, startMs, endMs, stable: requests - candidate, candidate });
    const clockMs = gate.movedAtMs === null ? null : gate.movedAtMs - movesAtMs;
    // A gate that takes its word back, since the split was not yet the one asked for, starts anew.
    if (clockMs === null) found = { clockMs: null, knownMs: null };
    else if (found.clockMs !== clockMs) found = { clockMs, knownMs: endMs - movesAtMs };
  }
  return found;
};

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1_000));

export const simulation: Simulation = {
  summary: 'when the clock of a step starts at a gateway that follows 60 s late',
  defaultRuns: 1000,
  run: ({ runs, seed }) => {
    const random = randomFromSeed(seed);
    const figures: Record<string, number | null> = { runs };
    const table = [
      'step          requests/s   too early   clock s after the move, q50 / q95   said after s, q95   never',
    ];
    let [early, never, steps] = [0, 0, 0];
    for (const [beforePct, weightPct] of STEPS) {
      for (const perSecond of RATES_PER_SECOND) {
        const all = Array.from({ length: runs }, () => step(beforePct, weightPct, perSecond, random));
        const clocks = all.flatMap(({ clockMs }) => clockMs ?? []);
        const known = all.flatMap(({ knownMs }) => knownMs ?? []);
        // The block in which the traffic moved holds both weights: a clock that starts with it is not early.
        const tooEarly = clocks.filter((clockMs) => clockMs <= -BLOCK_MS).length;
        const delay = (q: number) => seconds(orderStatistic(clocks, q));
        early += tooEarly;
        never += runs - clocks.length;
        steps += runs;
        const name = `${beforePct}to${weightPct}At${perSecond}`;
        figures[`${name}Early`] = tooEarly / runs;
        figures[`${name}DelayQ95`] = delay(0.95);
        figures[`${name}SaidQ95`] = seconds(orderStatistic(known, 0.95));
        table.push(
          `${`${beforePct} -> ${weightPct} %`.padEnd(14)}${String(perSecond).padEnd(13)}${`${tooEarly} of ${runs}`.padEnd(12)}${`${delay(0.5)} / ${delay(0.95)}`.padEnd(37)}${String(figures[`${name}SaidQ95`]).padEnd(20)}${runs - clocks.length}`,
        );
      }
    }
    table.push(
      `all: ${early} of ${steps} clocks too early, ${never} never; believing the gateway: all of them, by 60 s`,
    );
    return { figures: { ...figures, earlyRate: early / steps, neverRate: never / steps }, table };
  },
};
