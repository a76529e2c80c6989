/** A size in one sentence with its numbers, for whoever may have to be told that it cannot be reached. */
import type { Unit } from '../../domain/orchestrator-wire.ts';
import type { Needed } from './labels-needed.ts';
import type { Proof } from './longest-proof.ts';
import { daysInWords, inThousands, perHourInWords } from './words.ts';

/** What is compared, how much of it is needed, and how fast it comes. */
export interface Sized {
  readonly baseline: number;
  readonly minimumEffect: number;
  readonly needed: Needed;
  /** Outcomes of that kind per hour, over the whole service. */
  readonly perHour: number;
  readonly what: 'labels' | 'units';
  readonly most: number | null;
}

export interface Told {
  readonly sized: Sized;
  readonly proof: Proof | null;
  readonly capPerArm: number;
  readonly capMs: number | null;
  /** The shortest block, where even that holds too much. */
  readonly coarseMs: number | null;
  readonly maxDurationMs: number;
  readonly exposedPct: number;
  readonly unit: Unit;
}

export const sizingSentence = ({
  sized,
  proof,
  capPerArm,
  capMs,
  coarseMs,
  maxDurationMs,
  exposedPct,
  unit,
}: Told): string => {
  const { needed, perHour, what, most } = sized;
  if (most !== null) {
    return `asks for more than there is to gain: at most ${most.toPrecision(2)} % over the baseline can be planned for`;
  }
  if (proof !== null && proof.perArm === Infinity) {
    return `no end is in sight for the proof that ${proof.id} is kept: its margin is too small for what the baseline shows`;
  }
  if (coarseMs !== null) {
    const inBlock = inThousands((perHour * needed.share * coarseMs) / 3_600_000);
    return `a block of ${daysInWords(coarseMs)} brings ${inBlock} ${what} per arm, more than a quarter of the ${inThousands(needed.nFix)} that it takes: too coarse to prove anything by; expose less, ask for a smaller improvement, or shorten rollout.block`;
  }
  const longer = proof !== null && proof.capPerArm >= capPerArm ? `, to prove that ${proof.id} is kept` : '';
  const size = `needs about ${inThousands(capPerArm)} ${what} per arm${longer}`;
  if (capMs === null) return `${size}, and the service yields none lately`;
  const rate = perHourInWords((perHour * needed.share * exposedPct) / 100);
  const longest = `the longest duration is ${daysInWords(maxDurationMs)}`;
  // An hour knows no user of the hours before: what it yields is an upper limit of what later ones do.
  const again =
    unit === 'request' ? '' : `; a ${unit} counts once, so it takes longer where the same come back`;
  return `${size}, the service yields ${rate} an hour per arm: ${daysInWords(capMs)}; ${longest}${again}`;
};
