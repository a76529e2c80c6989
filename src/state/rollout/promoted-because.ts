/** Why a promotion was right, in one sentence: what was proven, what it rests on, or who said so. Pure; it decides nothing. */
import type { RolloutState } from './state.ts';

export function promotedBecause({ plan, steps }: RolloutState): string {
  const { strategy, requestedBy, reason, restsOn } = plan;
  if (strategy === 'immediate') return `at once, by ${requestedBy}, judged by nothing: ${reason}`;
  const byHand = steps.filter((step) => step.leftByHand === true).map(({ weightPct }) => `${weightPct} %`);
  if (byHand.length > 0) return `left by hand at ${byHand.join(', ')}; the other steps were proven`;
  if (strategy === undefined || plan.steps.some((weightPct) => weightPct < 100)) {
    return 'every step was proven';
  }
  const before = restsOn
    ? `it rests on the shadow decision ${restsOn.decisionId}`
    : 'forced, compared with nothing';
  return `no absolute limit was broken at 100 %; ${before}`;
}
