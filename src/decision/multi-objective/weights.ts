/** Weights of objectives: checked, and the presets of the contracts. They sum to 1, so that a score stays within 0..1. */
import { fieldOf } from '../../analysis/pareto/objectives.ts';

/** Weights of the three objectives of a service, summing to 1. */
export interface ObjectiveWeights {
  readonly quality: number;
  readonly cost: number;
  readonly latency: number;
}

/** The presets, by name (service settings, `objectives`). */
export const WEIGHT_PRESETS = {
  balanced: { quality: 0.5, cost: 0.3, latency: 0.2 },
  quality: { quality: 0.8, cost: 0.15, latency: 0.05 },
  cost: { quality: 0.4, cost: 0.5, latency: 0.1 },
  latency: { quality: 0.4, cost: 0.3, latency: 0.3 },
} as const satisfies Readonly<Record<string, ObjectiveWeights>>;

export type WeightPreset = keyof typeof WEIGHT_PRESETS;

/** Decimal fractions such as .8, .15 and .05 miss 1 by some units of the last digit. */
const ROUNDING = 1e-9;

/**
 * Checks weights by name and gives them back as a function.
 * @throws RangeError that begins with `parameter`: a name that is absent or too many, a weight below 0, a sum that is not 1.
 */
export const requireWeightSum = (
  parameter: string,
  names: readonly string[],
  weights: Readonly<Record<string, number>>,
): ((name: string) => number) => {
  const unknown = Object.keys(weights).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`${parameter} must name ${names.join(', ')}, got ${unknown}`);
  const sum = names.reduce((total, name) => {
    const weight = fieldOf(weights, name);
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1 + ROUNDING)) {
      throw new RangeError(`${parameter}.${name} must be from 0 to 1, got ${String(weight)}`);
    }
    return total + weight;
  }, 0);
  if (Math.abs(sum - 1) > ROUNDING) throw new RangeError(`${parameter} must sum to 1, got ${sum}`);
  return (name) => weights[name]!;
};

/**
 * The weights of a preset, or custom ones, checked.
 * @throws RangeError naming `weights`.
 */
export const objectiveWeights = (weights: WeightPreset | ObjectiveWeights): ObjectiveWeights => {
  if (typeof weights === 'string') {
    if (!Object.hasOwn(WEIGHT_PRESETS, weights)) {
      throw new RangeError(
        `weights must be ${Object.keys(WEIGHT_PRESETS).join(', ')} or three numbers, got ${weights}`,
      );
    }
    return WEIGHT_PRESETS[weights];
  }
  const { quality, cost, latency } = weights;
  requireWeightSum('weights', ['quality', 'cost', 'latency'], { ...weights });
  return { quality, cost, latency };
};
