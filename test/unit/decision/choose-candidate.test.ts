import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCandidate, MIN_PAIRS, type RecordedAnswer } from '../../../src/decision/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';

/** Answers to queries q0..q(n-1), of which the first `right` are right. */
const answers = (n: number, right: number, costUsd: number): RecordedAnswer[] =>
  Array.from({ length: n }, (_, i) => ({
    queryId: `q${String(i).padStart(5, '0')}`,
    taskType: i % 2 === 0 ? 'math' : 'code',
    quality: i < right ? 1 : 0,
    costUsd,
  }));

const incumbent = 'large';
const choose = (
  outcomes: Record<string, RecordedAnswer[]>,
  more: Partial<Parameters<typeof chooseCandidate>[0]> = {},
) =>
  chooseCandidate({
    incumbent,
    candidates: Object.keys(outcomes).filter((m) => m !== incumbent),
    outcomes,
    ...more,
  });
const reasonOf = (choice: ReturnType<typeof choose>, model: string) =>
  choice.candidates.find((c) => c.model === model)!.reason;

describe('chooseCandidate', () => {
  it('takes the cheapest of those not below the incumbent, and explains each', () => {
    const choice = choose({
      large: answers(100, 80, 0.01),
      equal: answers(100, 80, 0.004),
      better: answers(100, 90, 0.006),
      worse: answers(100, 79, 0.001),
    });
    expect(choice.chosen).toBe('equal');
    expect(choice.reason).toMatch(
      /^equal: quality \+0\.00 points .* over 100 paired queries, 40\.0 % of the cost; 2 of 3 candidates qualify$/,
    );
    expect(reasonOf(choice, 'worse')).toMatch(/^below the incumbent: quality -1\.00 points/);
    expect(choice.candidates.find((c) => c.model === 'better')).toMatchObject({
      qualified: true,
      comparison: {
        pairs: 100,
        costRatio: expect.closeTo(0.6, 10),
        qualityDifference: expect.closeTo(0.1, 10),
      },
    });
  });
  it('one point below is one point too many, whatever it saves', () => {
    const choice = choose({ large: answers(1000, 800, 1), worse: answers(1000, 799, 0.0001) });
    expect(choice).toMatchObject({ chosen: null, reason: 'nothing to do: 0 of 1 candidates qualify' });
  });
  it('does not swap for a small saving', () => {
    const outcomes = { large: answers(100, 80, 0.01), near: answers(100, 80, 0.0095) };
    expect(choose(outcomes).chosen).toBeNull();
    expect(reasonOf(choose(outcomes), 'near')).toMatch(/^saves 5\.0 %, at least 10 % is asked/);
    expect(choose(outcomes, { minCostReductionPct: 5 }).chosen).toBe('near');
  });
  it('holds the total loss since the frozen reference, also where the incumbent has already sunk', () => {
    const outcomes = { large: answers(100, 80, 0.01), equal: answers(100, 80, 0.001) };
    expect(choose(outcomes, { qualityReference: 0.807 }).chosen).toBe('equal');
    const sunk = choose(outcomes, { qualityReference: 0.82 });
    expect(sunk.chosen).toBeNull();
    expect(reasonOf(sunk, 'equal')).toMatch(
      /^quality 0\.8000 is below 0\.8118, 1 % under the frozen reference 0\.8200/,
    );
    expect(choose(outcomes, { qualityReference: 0.82, maxTotalQualityLossPct: 3 }).chosen).toBe('equal');
  });
  it('ten changes in a row never lose more than nothing', () => {
    const random = randomFromSeed(61);
    let current = 'm0';
    const outcomes: Record<string, RecordedAnswer[]> = { m0: answers(200, 160, 1) };
    for (let i = 1; i <= 60; i++)
      outcomes[`m${i}`] = answers(200, 150 + Math.floor(random.next() * 20), random.next());
    for (let change = 0; change < 10; change++) {
      const next = chooseCandidate({
        incumbent: current,
        candidates: Object.keys(outcomes),
        outcomes,
      }).chosen;
      if (next === null) break;
      current = next;
    }
    expect(current).not.toBe('m0');
    expect(outcomes[current]!.filter((a) => a.quality === 1).length).toBeGreaterThanOrEqual(160);
  });
  it('pairs by query: an easier set does not flatter', () => {
    const easyOnly = answers(200, 160, 0.001).slice(0, 100);
    const choice = choose({ large: answers(200, 160, 0.01), easy: easyOnly });
    const [easy] = choice.candidates;
    expect(easy).toMatchObject({ comparison: { pairs: 100, qualityDifference: 0 }, quality: 0.8 });
  });
  it('few or no pairs say nothing', () => {
    const few = choose({ large: answers(100, 80, 1), few: answers(MIN_PAIRS - 1, MIN_PAIRS - 1, 0.1) });
    expect(reasonOf(few, 'few')).toMatch(/^29 paired queries, 30 are needed/);
    const other = answers(100, 100, 0.1).map((a) => ({ ...a, queryId: `other-${a.queryId}` }));
    expect(reasonOf(choose({ large: answers(100, 80, 1), other }), 'other')).toMatch(
      /^no query was answered by both/,
    );
    expect(choose({ large: [], other }).reason).toMatch(/^nothing to do: no outcome of the incumbent large/);
    expect(
      chooseCandidate({ incumbent, candidates: ['ghost'], outcomes: { large: answers(50, 40, 1) } }).chosen,
    ).toBeNull();
  });
  it('constraints and a free incumbent are respected', () => {
    const outcomes = { large: answers(100, 80, 0.01), equal: answers(100, 80, 0.004) };
    expect(reasonOf(choose(outcomes, { constraints: { minQuality: 0.9 } }), 'equal')).toMatch(
      /is below 0\.9/,
    );
    expect(reasonOf(choose(outcomes, { constraints: { maxCostPerRequestUsd: 0.001 } }), 'equal')).toMatch(
      /^0\.004 USD per request is above/,
    );
    expect(reasonOf(choose({ large: answers(100, 80, 0), equal: answers(100, 80, 0) }), 'equal')).toMatch(
      /costs nothing/,
    );
  });
  it('ties go to the first candidate', () => {
    const outcomes = { large: answers(100, 80, 1), b: answers(100, 80, 0.1), a: answers(100, 80, 0.1) };
    expect(choose(outcomes).chosen).toBe('b');
    expect(choose(outcomes, { candidates: ['a', 'b'] }).chosen).toBe('a');
  });
  it('of equal cost the better one stands on the front', () => {
    const outcomes = {
      large: answers(100, 80, 1),
      same: answers(100, 80, 0.1),
      better: answers(100, 81, 0.1),
    };
    expect(choose(outcomes).chosen).toBe('better');
  });
  it.each([
    [{ quality: 1.1 }, /^outcomes\.bad\[0\]\.quality/],
    [{ quality: Number.NaN }, /^outcomes\.bad\[0\]\.quality/],
    [{ costUsd: -1 }, /^outcomes\.bad\[0\]\.costUsd/],
    [{ queryId: 'q00001' }, /^outcomes\.bad\[1\]\.queryId/],
  ])('refuses %j by name', (change, message) => {
    const bad = answers(40, 30, 0.1).map((a, i) => (i === 0 ? { ...a, ...change } : a));
    expect(() => choose({ large: answers(40, 30, 1), bad })).toThrow(message);
  });
  it('refuses limits out of range', () => {
    const outcomes = { large: answers(40, 30, 1) };
    expect(() => choose(outcomes, { minCostReductionPct: 101 })).toThrow(/^minCostReductionPct/);
    expect(() => choose(outcomes, { maxTotalQualityLossPct: -1 })).toThrow(/^maxTotalQualityLossPct/);
    expect(() => choose(outcomes, { qualityReference: 2 })).toThrow(/^qualityReference/);
  });
});

describe('chooseCandidate, in general', () => {
  const model = fc.record({
    right: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    costUsd: fc.double({ min: 0.001, max: 1, noNaN: true }),
  });
  const rows = ({ right, costUsd }: { right: boolean[]; costUsd: number }): RecordedAnswer[] =>
    right.map((ok, i) => ({ queryId: `q${i}`, taskType: 'any', quality: ok ? 1 : 0, costUsd }));
  const worlds = fc.array(model, { minLength: 2, maxLength: 6 });
  const outcomesOf = (world: { right: boolean[]; costUsd: number }[]) =>
    Object.fromEntries(world.map((m, i) => [i === 0 ? incumbent : `m${i}`, rows(m)]));
  const scoreOf = (list: RecordedAnswer[]) => list.reduce((sum, a) => sum + a.quality, 0);

  it('nothing below the incumbent is ever chosen, and it is never dearer', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const outcomes = outcomesOf(world);
        const { chosen } = choose(outcomes);
        const better =
          chosen === null ||
          (scoreOf(outcomes[chosen]!) >= scoreOf(outcomes[incumbent]!) &&
            outcomes[chosen]![0]!.costUsd < outcomes[incumbent]![0]!.costUsd);
        expect(better).toBe(true);
      }),
      { seed: 71 },
    );
  });
  it('exchanging the rows of two candidates exchanges what is found about them', () => {
    fc.assert(
      fc.property(
        fc.tuple(model, model, model).filter(([, a, b]) => a.costUsd !== b.costUsd),
        ([large, a, b]) => {
          const straight = choose({ large: rows(large), a: rows(a), b: rows(b) }).chosen;
          const swapped = choose({ large: rows(large), a: rows(b), b: rows(a) }).chosen;
          const other: Record<string, string> = { a: 'b', b: 'a' };
          expect(swapped).toBe(straight === null ? null : other[straight]);
        },
      ),
      { seed: 72 },
    );
  });
  it('neither the order of answers nor of candidates with different costs matters', () => {
    fc.assert(
      fc.property(
        worlds.filter((w) => new Set(w.map((m) => m.costUsd)).size === w.length),
        (world) => {
          const outcomes = outcomesOf(world);
          const reversed = Object.fromEntries(
            Object.entries(outcomes).map(([m, list]) => [m, list.toReversed()]),
          );
          const candidates = Object.keys(outcomes).toReversed();
          const straight = choose(outcomes);
          expect(choose(reversed)).toEqual(straight);
          expect(choose(outcomes, { candidates }).chosen).toBe(straight.chosen);
        },
      ),
      { seed: 73 },
    );
  });
});
