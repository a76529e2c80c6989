import { describe, expect, it } from 'vitest';
import { createErrorRateWatch, MIN_REQUESTS } from '../../../src/gateway/error-rate.ts';

const T0 = 1_700_000_000_000;

/** Plays requests (true: failed) at one moment and gives the last judgement. */
function judge(
  watch: ReturnType<typeof createErrorRateWatch>,
  failures: readonly boolean[],
  { nowMs = T0, candidateHash = 'a' } = {},
): boolean {
  return (
    failures.map((failed) => watch.exceeds({ candidateHash, failed, maxErrorRate: 0.1, nowMs })).at(-1) ??
    false
  );
}

const requests = (count: number, failures: number): boolean[] =>
  Array.from({ length: count }, (_, i) => i < failures);

describe('the error rate of a candidate', () => {
  it('is none before enough requests came', () => {
    expect(judge(createErrorRateWatch(), requests(MIN_REQUESTS - 1, MIN_REQUESTS - 1))).toBe(false);
  });

  it.each([
    [2, false],
    [3, true],
  ])('with %d failures of 20 exceeds 10 %%: %s', (failures, exceeds) => {
    expect(judge(createErrorRateWatch(), requests(20, failures))).toBe(exceeds);
  });

  it('forgets what is older than a minute', () => {
    const watch = createErrorRateWatch();
    judge(watch, requests(20, 20));
    expect(judge(watch, requests(20, 0), { nowMs: T0 + 60_000 })).toBe(false);
  });

  it('does not blame a candidate for the errors of another', () => {
    const watch = createErrorRateWatch();
    judge(watch, requests(20, 20));
    expect(judge(watch, requests(20, 0), { candidateHash: 'b' })).toBe(false);
  });
});
