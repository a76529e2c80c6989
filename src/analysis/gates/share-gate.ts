/**
 * When the traffic of a step really moved, and whether it is split as asked since. A gateway's "done" proves nothing: one real
 * product echoes a new weight at once and serves the old one for a minute. It looks at exposures alone, never at outcomes.
 *
 * Moved: Page's CUSUM (Biometrika 41, 1954) of the log likelihood ratio of the asked share against the one before, block by block;
 * the clock starts with the block at which the deciding run began. Split: the anytime-valid multinomial test of
 * `sample-ratio.ts`, counted from the block after that.
 */
import { requireFinite } from '../../math/require.ts';
import { evidenceBeyondLimit } from '../rate-limit-mixture.ts';
import { SAMPLE_RATIO_LIMIT, sampleRatioLogBayesFactor } from '../sample-ratio.ts';

/** Requests (or first exposures of units) per arm during one block of exposure time. */
export interface Exposures {
  readonly no: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly stable: number;
  readonly candidate: number;
}

/** What a step asked for. Times in ms since the epoch, weights in per cent. */
export interface ShareGateStart {
  readonly weightPct: number;
  readonly beforePct: number;
  readonly setAtMs: number;
  /** A split that is not yet as asked within this time of the write is still on its way; after it, it is broken. */
  readonly convergeMs: number;
}

/** Plain JSON. `movedAtMs` is null until the traffic has moved. */
export interface ShareGate extends ShareGateStart {
  readonly throughNo: number;
  readonly blocks: number;
  readonly score: number;
  readonly runSinceMs: number | null;
  readonly movedAtMs: number | null;
  /** Exposures since the write, and those that the split is judged by. */
  readonly seen: { readonly stable: number; readonly candidate: number };
  readonly counted: { readonly stable: number; readonly candidate: number };
  readonly logBayesFactor: number;
  readonly mismatch: boolean;
}

/** A share of 0 (or 1) stands this much nearer to it than the share it is compared with: one stray request decides nothing alone. */
const NEARER = 100;

/** At 0 and 100 % there is no split to test; more strays than this share say that the other arm is still served. */
const TOLERATED_STRAYS = 0.01;

/** Odds at which the traffic counts as moved, against chance over a whole step. */
const MOVED_ODDS = 1000;

const NONE = { stable: 0, candidate: 0 } as const;

/**
 * The gate of a step whose weight was just written. A step that asks for what was served before has moved already.
 * @throws RangeError naming weightPct, beforePct, setAtMs or convergeMs.
 */
export const startShareGate = (start: ShareGateStart): ShareGate => {
  for (const name of ['weightPct', 'beforePct'] as const) {
    if (!(start[name] >= 0 && start[name] <= 100)) {
      throw new RangeError(`${name} must be from 0 to 100, got ${start[name]}`);
    }
  }
  requireFinite('setAtMs', start.setAtMs);
  if (!(start.convergeMs >= 0 && start.convergeMs < Infinity)) {
    throw new RangeError(`convergeMs must be a finite number from 0, got ${start.convergeMs}`);
  }
  return {
    ...start,
    throughNo: -1,
    blocks: 0,
    score: 0,
    runSinceMs: null,
    movedAtMs: start.weightPct === start.beforePct ? start.setAtMs : null,
    seen: NONE,
    counted: NONE,
    logBayesFactor: 0,
    mismatch: false,
  };
};

const shareBeside = (pct: number, otherPct: number): number => {
  if (pct <= 0) return otherPct / 100 / NEARER;
  return pct >= 100 ? 1 - (1 - otherPct / 100) / NEARER : pct / 100;
};

const added = (to: ShareGate['seen'], { stable, candidate }: Exposures): ShareGate['seen'] => ({
  stable: to.stable + stable,
  candidate: to.candidate + candidate,
});

const requireExposures = (block: Exposures): void => {
  for (const name of ['stable', 'candidate'] as const) {
    if (!(block[name] >= 0 && block[name] < Infinity)) {
      throw new RangeError(`block.${name} must be a finite number from 0, got ${block[name]}`);
    }
  }
};

const towardsMoved = (gate: ShareGate, block: Exposures): ShareGate => {
  const asked = shareBeside(gate.weightPct, gate.beforePct);
  const before = shareBeside(gate.beforePct, gate.weightPct);
  const gained =
    block.candidate * Math.log(asked / before) + block.stable * Math.log((1 - asked) / (1 - before));
  const score = Math.max(0, gate.score + gained);
  const runSinceMs = score === 0 ? null : (gate.runSinceMs ?? block.startMs);
  // A run may begin at each of the n blocks so far, and each block may end one: both are paid for.
  const n = gate.blocks;
  const moved = score >= Math.log((MOVED_ODDS * Math.PI ** 2 * n ** 3) / 6);
  return { ...gate, score, runSinceMs, movedAtMs: moved ? Math.max(runSinceMs ?? 0, gate.setAtMs) : null };
};

/** Log evidence that the split is not the one asked for. At the ends: that strays are more than tolerated. */
const splitEvidence = (weightPct: number, { stable, candidate }: ShareGate['counted']): number => {
  if (weightPct > 0 && weightPct < 100) {
    return sampleRatioLogBayesFactor([stable, candidate], [100 - weightPct, weightPct]);
  }
  const strays = weightPct === 0 ? candidate : stable;
  return evidenceBeyondLimit({ n: stable + candidate, successes: strays }, TOLERATED_STRAYS, 'greater');
};

const watchSplit = (gate: ShareGate, block: Exposures): ShareGate => {
  const counted = added(gate.counted, block);
  const logBayesFactor = splitEvidence(gate.weightPct, counted);
  const broken = logBayesFactor >= SAMPLE_RATIO_LIMIT;
  if (broken && block.endMs <= gate.setAtMs + gate.convergeMs) {
    return { ...gate, score: 0, runSinceMs: null, movedAtMs: null, counted: NONE, logBayesFactor: 0 };
  }
  return { ...gate, counted, logBayesFactor, mismatch: gate.mismatch || broken };
};

/**
 * The gate after one more block. A block that ended before the write, or that was folded before, changes nothing. At most .1 % of
 * sound splits are ever called broken, at any number of looks. A gateway that never moves is called moved in at most 6 / (pi^2 n^2) of .1 %
 * of steps at its n-th block: .1 % over a whole step.
 * @throws RangeError naming block.stable or block.candidate.
 */
export const foldExposures = (gate: ShareGate, block: Exposures): ShareGate => {
  requireExposures(block);
  if (block.no <= gate.throughNo || block.endMs <= gate.setAtMs) return gate;
  const seen = {
    ...gate,
    throughNo: block.no,
    blocks: gate.blocks + 1,
    seen: added(gate.seen, block),
  };
  return gate.movedAtMs === null ? towardsMoved(seen, block) : watchSplit(seen, block);
};
