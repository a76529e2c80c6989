/** Two-sample Kolmogorov-Smirnov test of a fixed reference against a trailing window, at every look, with its error spent over them. */
import { ksDistanceOfSorted } from '../drift/ks-distance.ts';
import { ksCriticalSteps } from '../drift/ks-two-sample.ts';
import { ascending } from '../drift/sorted.ts';
import { shown, type Detector } from './detector.ts';
import {
  againstReference,
  referencePlan,
  type ReferenceOptions,
  type ReferenceState,
} from './reference-detector.ts';

/**
 * Sees any change of the distribution, of the spread too, whatever the unit: no scaling needed. At most `falseAlarmsPer100k`, fewer on values with
 * ties. After an alarm it learns a new reference, so it goes quiet at the new level. State O(reference + window).
 * @throws RangeError naming an option.
 */
export const ksDetector = (options: ReferenceOptions = {}): Detector<ReferenceState> => {
  const plan = referencePlan(options);
  const critical = ksCriticalSteps(plan.reference, plan.window, plan.alpha);
  const threshold = critical / (plan.reference * plan.window);
  return againstReference('ks', plan, (reference, current) => {
    const { steps, d } = ksDistanceOfSorted(reference, ascending(current));
    if (steps < critical) return null;
    const reason = `KS distance ${shown(d)} >= ${shown(threshold)}, the level ${shown(plan.alpha)} of a look`;
    return { direction: 'changed', reason, statistic: d, threshold };
  });
};
