/** A probability with its logarithm, which goes on where the probability underflows. */

export interface Tail {
  readonly value: number;
  readonly log: number;
}

export const certain: Tail = { value: 1, log: 0 };
export const impossible: Tail = { value: 0, log: -Infinity };

/** The probability e^logScale * factor, capped at 1 against rounding. */
export const tailOf = (logScale: number, factor: number): Tail => {
  const log = Math.min(0, logScale + Math.log(factor));
  // Near underflow the factor has to come in before the exponential.
  return { value: logScale < -690 ? Math.exp(log) : Math.min(1, Math.exp(logScale) * factor), log };
};

/** The rest. */
export const complement = (tail: Tail): Tail => ({ value: 1 - tail.value, log: Math.log1p(-tail.value) });

/** Half of it. */
export const halfOf = (tail: Tail): Tail => ({ value: tail.value / 2, log: tail.log - Math.LN2 });
