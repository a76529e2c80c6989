/** The two losses of boosting, on the scores that trees add up to. Outcomes that were not observed count nowhere. */
import type { Derivatives } from './tree.ts';

/** `rate`: outcomes in 0..1, scores are logits (log loss). `mean`: any amounts, scores are in units of each output's own size (squared loss). */
export type BoostTarget = 'rate' | 'mean';

/** Outcomes of one row, null where an output was not observed. */
export type Outcomes = readonly (number | null)[];

export const sigmoid = (z: number): number => {
  const e = Math.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
};

/** Log loss of a logit without overflow, or squared error. */
const lossAt = (target: BoostTarget, score: number, y: number): number =>
  target === 'rate'
    ? Math.max(score, 0) - score * y + Math.log1p(Math.exp(-Math.abs(score)))
    : (y - score) ** 2;

/** Mean loss over what was observed; 0 where nothing was. */
export const meanLoss = (
  target: BoostTarget,
  scores: readonly (readonly number[])[],
  rows: readonly Outcomes[],
): number => {
  let [sum, n] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const [outcomes, row] = [rows[i]!, scores[i]!];
    for (let k = 0; k < outcomes.length; k++) {
      const y = outcomes[k]!;
      if (y === null) continue;
      sum += lossAt(target, row[k]!, y);
      n += 1;
    }
  }
  return n === 0 ? 0 : sum / n;
};

/** First and second derivatives of the loss by the scores. */
export const derivativesOf = (
  target: BoostTarget,
  scores: readonly (readonly number[])[],
  rows: readonly Outcomes[],
  outputs: number,
): Derivatives => {
  const gradients = new Float64Array(rows.length * outputs);
  const hessians = new Float64Array(rows.length * outputs);
  for (let i = 0; i < rows.length; i++) {
    const [outcomes, row] = [rows[i]!, scores[i]!];
    for (let k = 0; k < outputs; k++) {
      const y = outcomes[k]!;
      if (y === null) continue;
      const expected = target === 'rate' ? sigmoid(row[k]!) : row[k]!;
      gradients[i * outputs + k] = expected - y;
      hessians[i * outputs + k] = target === 'rate' ? expected * (1 - expected) : 1;
    }
  }
  return { outputs, gradients, hessians };
};
