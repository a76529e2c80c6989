import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyBetting,
  EQUAL_MEANS,
  foldBetting,
  foldBettingSums,
  foldExperimentBlock,
  nextBet,
  nextExperimentBets,
  type BettingNull,
  type BettingState,
  type ExperimentBlock,
  type ExperimentGuardrail,
  type ExperimentState,
  type ScoredEvent,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, type Random } from '../../../../src/math/index.ts';
import { score, started } from './support.ts';

const eventsOf = (n: number, share: number, meanB: number, random: Random): readonly ScoredEvent[] =>
  Array.from({ length: n }, () => {
    const arm = random.next() < share ? 'candidate' : 'stable';
    return { arm, score: Math.min(1, random.next() * (arm === 'candidate' ? 2 * meanB : 1)) };
  });

const sumsOf = (events: readonly ScoredEvent[], arm: ScoredEvent['arm']) => {
  const scores = events.filter((event) => event.arm === arm).map((event) => event.score);
  return {
    n: scores.length,
    sum: scores.reduce((sum, y) => sum + y, 0),
    sumOfSquares: scores.reduce((sum, y) => sum + y * y, 0),
  };
};

/** What a database would add up: it knows the bet, the share and the boundary. */
const growthOf = (
  events: readonly ScoredEvent[],
  bet: { readonly centre: number; readonly stake: number },
  share: number,
  { factor, shift }: Pick<BettingNull, 'factor' | 'shift'>,
): number =>
  events.reduce((sum, { arm, score: y }) => {
    const z = arm === 'candidate' ? (y - bet.centre) / share : -(factor * y - bet.centre) / (1 - share);
    return sum + Math.log(1 + bet.stake * (z - shift));
  }, 0);

const nulls: readonly BettingNull[] = [
  EQUAL_MEANS,
  { factor: 1, shift: 0, side: 'greater' },
  { factor: 1, shift: -0.05, side: 'greater' },
  { factor: 0.9, shift: 0, side: 'less' },
  { factor: 1.2, shift: 0, side: 'greater' },
];

describe('events and their sums', () => {
  it.each(nulls)('give the same evidence block by block: $factor, $shift, $side', (hypothesis) => {
    const random = randomFromSeed(3);
    let [events, sums]: BettingState[] = [emptyBetting(), emptyBetting()];
    for (let no = 0; no < 30; no++) {
      const share = no < 15 ? 0.3 : 0.5;
      const drawn = eventsOf(80, share, 0.6, random);
      const logGrowth = growthOf(drawn, nextBet(sums!, share, hypothesis), share, hypothesis);
      const added = { stable: sumsOf(drawn, 'stable'), candidate: sumsOf(drawn, 'candidate'), logGrowth };
      events = foldBetting(events!, drawn, share, hypothesis);
      sums = foldBettingSums(sums!, added, share, hypothesis);
      for (const field of ['n', 'sum', 'sumZ', 'sumZ2', 'logPlus', 'logMinus', 'logE', 'maxLogE'] as const) {
        expect(Math.abs(sums[field] - events[field])).toBeLessThan(1e-9 * (1 + Math.abs(events[field])));
      }
    }
    expect(events!.n).toBe(2400);
  });
  it('sums that no bet of this stake can have earned are refused', () => {
    const random = randomFromSeed(4);
    const first = foldBetting(emptyBetting(), eventsOf(200, 0.5, 0.8, random), 0.5);
    const drawn = eventsOf(200, 0.5, 0.8, random);
    const added = { stable: sumsOf(drawn, 'stable'), candidate: sumsOf(drawn, 'candidate') };
    const right = growthOf(drawn, nextBet(first, 0.5), 0.5, EQUAL_MEANS);
    const against = { ...nextBet(first, 0.5), stake: -nextBet(first, 0.5).stake };
    const wrong = growthOf(drawn, against, 0.5, EQUAL_MEANS);
    expect(foldBettingSums(first, { ...added, logGrowth: right }, 0.5).logE).toBeGreaterThan(0);
    for (const logGrowth of [wrong, 0, Number.NaN, Infinity, right + 5]) {
      expect(() => foldBettingSums(first, { ...added, logGrowth }, 0.5)).toThrow(
        /^block\.logGrowth must be from/u,
      );
    }
  });
});

describe('validity of a margin', () => {
  it('wealth is a fair game on the boundary, for any bet that can be made, and never falls below half', () => {
    const unit = fc.double({ min: 0.02, max: 0.98, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...nulls), unit, unit, unit, (hypothesis, share, meanA, history) => {
        const meanB = hypothesis.factor * meanA + hypothesis.shift;
        fc.pre(meanB > 0 && meanB < 1);
        const n = 40;
        const seen = { ...emptyBetting(), n, sum: n * history, nZ: n, sumZ: n * (history - 0.5), sumZ2: n };
        const { centre, stake } = nextBet(seen, share, hypothesis);
        const { factor, shift } = hypothesis;
        const wealth = (y: number, arm: ScoredEvent['arm']): number =>
          1 +
          stake *
            ((arm === 'candidate' ? (y - centre) / share : -(factor * y - centre) / (1 - share)) - shift);
        const expected =
          share * (meanB * wealth(1, 'candidate') + (1 - meanB) * wealth(0, 'candidate')) +
          (1 - share) * (meanA * wealth(1, 'stable') + (1 - meanA) * wealth(0, 'stable'));
        expect(expected).toBeCloseTo(1, 12);
        for (const y of [0, 0.5, 1]) {
          for (const arm of ['stable', 'candidate'] as const) {
            expect(wealth(y, arm)).toBeGreaterThanOrEqual(0.5 - 1e-12);
          }
        }
      }),
      { seed: 12, numRuns: 500 },
    );
  });
  it('a drop of the margin passes in at most alpha of runs, and equal arms pass', () => {
    const hypothesis: BettingNull = { factor: 1, shift: -0.1, side: 'greater' };
    const random = randomFromSeed(15);
    const passes = (meanB: number, runs: number): number => {
      let passed = 0;
      for (let run = 0; run < runs; run++) {
        let state = emptyBetting();
        for (let no = 0; no < 25; no++)
          state = foldBetting(state, eventsOf(80, 0.5, meanB, random), 0.5, hypothesis);
        if (state.maxLogE >= Math.log(20)) passed += 1;
      }
      return passed / runs;
    };
    expect(passes(0.4, 300)).toBeLessThanOrEqual(0.05);
    expect(passes(0.5, 40)).toBeGreaterThan(0.9);
  });
});

describe('an experiment on scores', () => {
  const guardrails: readonly ExperimentGuardrail[] = [
    { metric: { ...score, id: 'helpful' }, margin: { kind: 'relative', pct: 5 }, required: true },
  ];
  const start = (): ExperimentState => started({ primary: score, variants: ['b', 'c'], guardrails });

  const drawBlock = (no: number, random: Random): ExperimentBlock => {
    const scores = (n: number) => Array.from({ length: n }, random.next);
    const arm = (n: number) => ({
      score: { kind: 'scores' as const, scores: scores(n) },
      helpful: { kind: 'scores' as const, scores: scores(n) },
    });
    // Enough outcomes for a harm watch to start anew on the way.
    return { no, weights: { a: 2, b: 1, c: 1 }, arms: { a: arm(400), b: arm(200), c: arm(200) } };
  };

  const asSums = (state: ExperimentState, { no, weights, arms }: ExperimentBlock): ExperimentBlock => {
    const scoresOf = (arm: string, metric: string): readonly number[] => {
      const found = arms[arm]![metric]!;
      return found.kind === 'scores' ? found.scores : [];
    };
    const logGrowth = nextExperimentBets(state, { weights }).map(
      ({ key, variant, metric, share, ...bet }) => {
        const events = [
          ...scoresOf('a', metric).map((y) => ({ arm: 'stable' as const, score: y })),
          ...scoresOf(variant, metric).map((y) => ({ arm: 'candidate' as const, score: y })),
        ];
        return [key, growthOf(events, bet, share, bet)] as const;
      },
    );
    return {
      no,
      weights,
      bets: { afterBlockNo: state.lastBlockNo, logGrowth: Object.fromEntries(logGrowth) },
      arms: Object.fromEntries(
        Object.keys(arms).map((arm) => [
          arm,
          Object.fromEntries(
            ['score', 'helpful'].map((metric) => {
              const events = scoresOf(arm, metric).map((y) => ({ arm: 'stable' as const, score: y }));
              return [metric, { kind: 'scoreSums' as const, ...sumsOf(events, 'stable') }];
            }),
          ),
        ]),
      ),
    };
  };

  it('comes to the same from events and from sums with the bets of every question', () => {
    const random = randomFromSeed(6);
    let [events, sums] = [start(), start()];
    for (let no = 1; no <= 24; no++) {
      const drawn = drawBlock(no, random);
      expect(nextExperimentBets(sums, drawn)).toHaveLength(8);
      sums = foldExperimentBlock(sums, asSums(sums, drawn));
      events = foldExperimentBlock(events, drawn);
    }
    const evidence = ({ variants }: ExperimentState): readonly number[] =>
      variants.flatMap(({ primary, guardrails: [guard] }) => [
        primary.superiority.logE,
        guard!.nonInferiority.logE,
        guard!.harm.process.logE,
        guard!.harm.restart,
        guard!.longHarm.process.logE,
      ]);
    evidence(sums).forEach((value, i) => expect(value).toBeCloseTo(evidence(events)[i]!, 8));
    expect(sums.variants[0]!.guardrails[0]!.harm.restart).toBe(3);
  });
  it('refuses sums without bets, bets of another look, and sums beside events', () => {
    const random = randomFromSeed(7);
    const first = foldExperimentBlock(start(), drawBlock(1, random));
    const second = asSums(first, drawBlock(2, random));
    const { bets, ...withoutBets } = second;
    expect(() => foldExperimentBlock(first, withoutBets)).toThrow(/^block\.bets must hold/u);
    const stale = { ...second, bets: { ...bets!, afterBlockNo: null } };
    expect(() => foldExperimentBlock(first, stale)).toThrow(
      /^block\.bets\.afterBlockNo must be 1, the block before/u,
    );
    const mixed = { ...second, arms: { ...second.arms, b: drawBlock(2, random).arms['b']! } };
    expect(() => foldExperimentBlock(first, mixed)).toThrow(
      /^block\.arms must give the scores of both arms/u,
    );
    expect(foldExperimentBlock(first, second).lastBlockNo).toBe(2);
  });
  it('has no bets for arms that take no part', () => {
    expect(nextExperimentBets(start(), { weights: { b: 1 } })).toEqual([]);
    expect(nextExperimentBets(start(), { weights: { a: 1, c: 1 } }).map(({ variant }) => variant)).toEqual([
      'c',
      'c',
      'c',
      'c',
    ]);
    expect(() => nextExperimentBets(start(), { weights: { a: 0 } })).toThrow(/^weights\.a must/u);
  });
});
