/** What is timed: a function of the product on fixed inputs, and the Python reference that does the same on the same inputs. */

/** The part of `reference.py` that answers, and what it is given. */
export interface Reference {
  /** What people read, such as `scipy.special.ndtri`. */
  readonly name: string;
  readonly task: string;
  readonly input: unknown;
}

export interface HotFunction {
  /** What the figures are called by. */
  readonly name: string;
  /** What one call is: sizes of its input. */
  readonly call: string;
  /** Makes `calls` calls and gives back something of each, so that none is optimised away. */
  readonly run: () => unknown;
  readonly calls: number;
  readonly reference?: Reference;
  /** Numbers that the reference must give too; left out where both draw, or answer something else. */
  readonly values?: () => readonly number[];
}

const WARM_UP_MS = 40;
const ROUND_MS = 6;
const ROUNDS = 15;

const now = (): number => performance.now();

const medianOf = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};

/** Kept, so that what the timed functions return is used. */
let kept: unknown = null;
export const lastKept = (): unknown => kept;

/** Microseconds per call: warm up, then the median of rounds that are long beside the clock's grain. */
export const measureUs = ({ run, calls }: Pick<HotFunction, 'run' | 'calls'>): number => {
  let runs = 0;
  const began = now();
  while (runs < 3 || now() - began < WARM_UP_MS) {
    kept = run();
    runs += 1;
  }
  const perRound = Math.max(1, Math.ceil((ROUND_MS * runs) / (now() - began)));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = now();
    for (let i = 0; i < perRound; i++) kept = run();
    return ((now() - start) * 1000) / (perRound * calls);
  });
  return medianOf(rounds);
};
