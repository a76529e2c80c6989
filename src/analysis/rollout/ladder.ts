/**
 * How sharp the proof must be at each step of a rollout: a drop of 4 margins is ruled out at the first step, of 2 at the
 * middle ones, of 1 at the last below 100 %. "Not harmful so far" is no proof (statistics.md 1.6).
 */

/** Error probability of leaving one step on one guardrail whose drop is at least as large as that step rules out. */
export const NON_INFERIORITY_ALPHA = 0.05;

/** Error probability of taking back a candidate that stays within every margin, split over the required guardrails. */
export const HARM_ALPHA = 0.02;

/** The same for labels that arrive after their block was closed. */
export const LATE_HARM_ALPHA = 0.01;

/** Error probability of blaming both arms' common fall on the surroundings, split over the rates with a baseline. */
export const BASELINE_ALPHA = 0.02;

/** Evidence that leaving a step needs: ln(1 / alpha). */
export const PROOF_NEEDED = Math.log(1 / NON_INFERIORITY_ALPHA);

/**
 * The multiple of the margin that each step below 100 % must rule out, in the order of the steps.
 * `steps` are weights in per cent, rising, above 0 and at most 100.
 * @throws RangeError naming `steps`.
 */
export const ladderOf = (steps: readonly number[]): readonly number[] => {
  const rising = steps.every((weight, i) => weight > (i === 0 ? 0 : steps[i - 1]!) && weight <= 100);
  if (steps.length === 0 || !rising) {
    throw new RangeError(`steps must rise from above 0 to at most 100, got ${JSON.stringify(steps)}`);
  }
  const below = steps.filter((weight) => weight < 100);
  return below.map((_, i) => {
    if (i === below.length - 1) return 1;
    return i === 0 ? 4 : 2;
  });
};
