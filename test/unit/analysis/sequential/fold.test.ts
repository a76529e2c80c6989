import { describe, expect, it } from 'vitest';
import {
  foldExperimentBlock,
  judgeExperiment,
  nextExperimentBets,
  type ExperimentBlock,
  type ExperimentState,
} from '../../../../src/analysis/index.ts';
import { emptyTlg, foldTlg, type RatePair } from '../../../../src/analysis/tlg.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';
import { block, cost, errors, of, quality, score, slow, started } from './support.ts';

/** An experiment with every kind of metric, two variants and a ramp. */
const everything = (): ExperimentState =>
  started({
    variants: ['b', 'c'],
    stages: 2,
    guardrails: [
      { metric: score, margin: { kind: 'absolute', amount: 0.05 }, required: true },
      { metric: cost, margin: { kind: 'relative', pct: 10 }, required: true },
      { metric: slow, margin: { kind: 'relative', pct: 20 }, required: false },
      { metric: errors, margin: { kind: 'absolute', amount: 0.01 }, required: true },
    ],
  });

const blocksOfEverything = (): readonly ExperimentBlock[] => {
  const random = randomFromSeed(11);
  return Array.from({ length: 24 }, (_, i) => {
    const no = i + 1;
    const arm = (n: number) => {
      const costs = Array.from({ length: n }, () => 0.01 + random.next() / 50);
      const above = sampleBinomial(n, 0.05, random);
      return {
        quality: of(n, sampleBinomial(n, 0.8, random)),
        score: { kind: 'scores' as const, scores: Array.from({ length: n }, random.next) },
        cost: {
          kind: 'mean' as const,
          n,
          sum: costs.reduce((sum, x) => sum + x, 0),
          sumOfSquares: costs.reduce((sum, x) => sum + x * x, 0),
        },
        slow: { kind: 'tail' as const, n, above, aboveWidened: Math.min(above, 2) },
        errors: of(n, sampleBinomial(n, 0.02, random)),
      };
    };
    const b = no <= 12 ? 10 : 40;
    const weights = { a: 100, b, c: b };
    // One arm is missing now and then, and one metric.
    const arms = { a: arm(100), b: arm(b), ...(no % 5 === 0 ? {} : { c: no % 7 === 0 ? {} : arm(b) }) };
    return { no, weights, arms, stage: no <= 12 ? 0 : 1, exposures: weights };
  });
};

describe('a block delivered twice', () => {
  it('changes nothing, not one bit', () => {
    const blocks = blocksOfEverything();
    const once = blocks.reduce(foldExperimentBlock, everything());
    const twice = blocks.reduce((state, one) => {
      const folded = foldExperimentBlock(state, one);
      expect(foldExperimentBlock(folded, one)).toBe(folded);
      return foldExperimentBlock(folded, one);
    }, everything());
    expect(JSON.stringify(twice)).toBe(JSON.stringify(once));
  });
  it('is not even looked into', () => {
    const state = foldExperimentBlock(
      started(),
      block(3, { a: { quality: of(10, 5) }, b: { quality: of(10, 5) } }),
    );
    const broken = block(3, { a: { quality: of(10, Number.NaN) }, b: {} });
    expect(foldExperimentBlock(state, broken)).toBe(state);
  });
});

describe('a block that comes late', () => {
  it('is never folded, because its time is closed', () => {
    const arms = { a: { quality: of(10, 1) }, b: { quality: of(10, 9) } };
    const state = foldExperimentBlock(started(), block(5, arms));
    expect(foldExperimentBlock(state, block(4, arms))).toBe(state);
    expect(foldExperimentBlock(state, block(7, arms)).blocks).toBe(2);
  });
});

describe('a crash between computing and recording a block', () => {
  it('ends bit for bit as the uninterrupted run, the state read back from JSON between any two blocks', () => {
    const blocks = blocksOfEverything();
    const straight = blocks.reduce(foldExperimentBlock, everything());
    const revived = blocks.reduce((state, one) => {
      // Computed, lost, and computed again from what was recorded before.
      foldExperimentBlock(state, one);
      const read = JSON.parse(JSON.stringify(state)) as ExperimentState;
      return JSON.parse(JSON.stringify(foldExperimentBlock(read, one))) as ExperimentState;
    }, everything());
    expect(JSON.stringify(revived)).toBe(JSON.stringify(straight));
    expect(judgeExperiment(revived)).toEqual(judgeExperiment(straight));
  });
  it('leaves the state before the block as it was', () => {
    const before = blocksOfEverything().slice(0, 5).reduce(foldExperimentBlock, everything());
    const kept = JSON.stringify(before);
    foldExperimentBlock(before, blocksOfEverything()[5]!);
    expect(JSON.stringify(before)).toBe(kept);
  });
});

describe('folding', () => {
  it('carries the block e-process of the pair, over a ramp too, and only blocks that have both arms', () => {
    const blocks = blocksOfEverything();
    const end = blocks.reduce(foldExperimentBlock, everything());
    let tlg = emptyTlg();
    for (const { arms } of blocks) {
      const [a, c] = [arms['a']!['quality'], arms['c']?.['quality']];
      if (a?.kind !== 'proportion' || c?.kind !== 'proportion') continue;
      const pair: RatePair = { nA: a.n, sA: a.successes, nB: c.n, sB: c.successes };
      tlg = foldTlg(tlg, pair, { kind: 'absolute', margin: 0, side: 'two' });
    }
    expect(tlg.nB).toBeLessThan(24 * 40);
    expect(end.variants[1]!.primary.superiority).toEqual({ kind: 'blocks', ...tlg });
  });
  it('starts a new stage when a weight changes, when the stage is raised, and at neither otherwise', () => {
    const arms = { a: { quality: of(10, 5) }, b: { quality: of(10, 5) } };
    const at = (state: ExperimentState, over: Partial<ExperimentBlock>) =>
      foldExperimentBlock(state, block((state.lastBlockNo ?? 0) + 1, arms, over));
    const first = at(started(), { weights: { a: 1, b: 1 } });
    const same = at(first, { weights: { b: 1, a: 1 } });
    const ramped = at(same, { weights: { a: 1, b: 3 } });
    const raised = at(ramped, { weights: { a: 1, b: 3 }, stage: 2 });
    expect([first, same, ramped, raised].map(({ stage }) => stage?.no)).toEqual([0, 0, 1, 2]);
    expect(same.variants[0]!.primary.stage.variant.n).toBe(20);
    expect(raised.variants[0]!.primary.stage.variant.n).toBe(10);
    expect(raised.variants[0]!.primary.labels).toEqual({ control: 40, variant: 40 });
  });
  it('restarts a harm watch at a raised stage and after 2,000 outcomes of the variant', () => {
    const guardrails = [
      { metric: errors, margin: { kind: 'absolute', amount: 0.05 } as const, required: true },
    ];
    let state = started({ guardrails });
    const restarts: number[] = [];
    for (let no = 1; no <= 30; no++) {
      const arms = { a: { errors: of(100, 2) }, b: { errors: of(100, 2) } };
      state = foldExperimentBlock(state, block(no, arms, { stage: no <= 25 ? 0 : 1 }));
      restarts.push(state.variants[0]!.guardrails[0]!.harm.restart);
    }
    expect(restarts.indexOf(2)).toBe(20);
    expect(restarts.indexOf(3)).toBe(25);
  });
  it('compares within blocks, so a ramp under a drifting base rate shows no effect', () => {
    let state = started();
    const ramp = [
      { n: [950, 50], p: 0.6 },
      { n: [750, 250], p: 0.7 },
      { n: [500, 500], p: 0.8 },
    ];
    ramp.forEach(({ n: [a, b], p }, i) => {
      const arms = { a: { quality: of(a!, a! * p) }, b: { quality: of(b!, b! * p) } };
      state = foldExperimentBlock(state, block(i + 1, arms, { weights: { a: a!, b: b! } }));
    });
    const { observed } = judgeExperiment(state).perVariant[0]!;
    expect(observed.difference).toBeCloseTo(0, 12);
  });
});

describe('what is observed', () => {
  it('is weighted over blocks as Cochran, Mantel and Haenszel do', () => {
    const blocks = [
      { a: of(100, 50), b: of(50, 30) },
      { a: of(10, 1), b: of(40, 10) },
    ];
    const state = blocks.reduce(
      (folded, { a, b }, i) =>
        foldExperimentBlock(folded, block(i, { a: { quality: a }, b: { quality: b } })),
      started(),
    );
    const weights = [(100 * 50) / 150, (10 * 40) / 50];
    const mean = (values: readonly number[]) =>
      (weights[0]! * values[0]! + weights[1]! * values[1]!) / (weights[0]! + weights[1]!);
    const { observed } = judgeExperiment(state).perVariant[0]!;
    expect(observed.control).toBeCloseTo(mean([0.5, 0.1]), 12);
    expect(observed.variant).toBeCloseTo(mean([0.6, 0.25]), 12);
  });
});

describe('a guardrail', () => {
  it("on a tail compares shares above each arm's own limit with equality", () => {
    const guardrails = [{ metric: slow, margin: { kind: 'relative', pct: 20 } as const, required: true }];
    let state = started({ guardrails });
    let expected = emptyTlg();
    for (let no = 1; no <= 10; no++) {
      const a = { kind: 'tail', n: 200, above: 12, aboveWidened: 7 } as const;
      const b = { kind: 'tail', n: 180, above: 13, aboveWidened: 5 } as const;
      state = foldExperimentBlock(state, block(no, { a: { slow: a }, b: { slow: b } }));
      expected = foldTlg(
        expected,
        { nA: 200, sA: 12, nB: 180, sB: 5 },
        { kind: 'absolute', margin: 0, side: 'less' },
      );
    }
    expect(expected.logE).toBeGreaterThan(1);
    expect(state.variants[0]!.guardrails[0]!.nonInferiority).toEqual({ kind: 'blocks', ...expected });
  });
  it('that compares within blocks keeps its harm watch while weights change at every block, one on means does not', () => {
    const margin = { kind: 'relative', pct: 10 } as const;
    let state = started({
      guardrails: [
        { metric: errors, margin, required: true },
        { metric: cost, margin, required: true },
      ],
    });
    for (let no = 1; no <= 4; no++) {
      const outcomes = {
        errors: of(100, 2),
        cost: { kind: 'mean' as const, n: 100, sum: 100, sumOfSquares: 150 },
      };
      state = foldExperimentBlock(
        state,
        block(no, { a: outcomes, b: outcomes }, { weights: { a: 1, b: no } }),
      );
    }
    expect(state.variants[0]!.guardrails.map(({ harm }) => harm.restart)).toEqual([1, 4]);
  });
});

describe('a block that does not fit', () => {
  const arms = { a: { quality: of(10, 5) }, b: { quality: of(10, 5) } };
  const fold = (over: Partial<ExperimentBlock>) => () =>
    foldExperimentBlock(everything(), block(1, arms, over));
  it.each<[string, Partial<ExperimentBlock>, RegExp]>([
    ['a number that is none', { no: Number.NaN }, /^block\.no must be a whole number/u],
    ['a stage between two', { stage: 0.5 }, /^block\.stage must/u],
    ['an unknown arm', { arms: { z: {} } }, /^block\.arms must name arms of the design, got z/u],
    ['an arm without a weight', { weights: { a: 1 } }, /^block\.weights must name every arm/u],
    ['a weight of 0', { weights: { a: 0, b: 1 } }, /^block\.weights\.a must/u],
    ['exposures of an arm without a weight', { exposures: { c: 1 } }, /^block\.exposures must name/u],
    ['exposures below 0', { exposures: { a: -1 } }, /^block\.exposures\.a must/u],
    ['labels that are no object', { labelled: [] as never }, /^block\.labelled must be an object/u],
    [
      'labels of an arm without a weight',
      { labelled: { c: { exposures: 1, labels: 1 } } },
      /^block\.labelled must name arms in weights, got c/u,
    ],
    [
      'labels below 0',
      { labelled: { a: { exposures: 1, labels: -1 } } },
      /^block\.labelled\.a\.labels must/u,
    ],
    ['exposures of nothing', { labelled: { a: {} as never } }, /^block\.labelled\.a\.exposures must/u],
    ['an unknown metric', { arms: { a: { speed: of(1, 1) } } }, /^block\.arms\.a must hold metrics/u],
    ['the wrong kind', { arms: { a: { cost: of(1, 1) } } }, /^block\.arms\.a\.cost\.kind must be mean/u],
    [
      'more successes than trials',
      { arms: { a: { quality: of(1, 2) } } },
      /^block\.arms\.a\.quality\.successes/u,
    ],
    [
      'half a trial',
      { arms: { a: { quality: of(1.5, 1) } } },
      /^block\.arms\.a\.quality\.n must be a whole/u,
    ],
    [
      'a score beyond 1',
      { arms: { b: { score: { kind: 'scores', scores: [0.5, 1.5] } } } },
      /^block\.arms\.b\.score\.scores must be from 0 to 1, got 1\.5/u,
    ],
    [
      'sums that no scores have',
      { arms: { b: { score: { kind: 'scoreSums', n: 4, sum: 2, sumOfSquares: 3 } } } },
      /^block\.arms\.b\.score\.sumOfSquares/u,
    ],
    [
      'fewer squares than the sum needs',
      { arms: { b: { cost: { kind: 'mean', n: 2, sum: 4, sumOfSquares: 1 } } } },
      /^block\.arms\.b\.cost\.sumOfSquares/u,
    ],
    [
      'a sum that is not finite',
      { arms: { b: { cost: { kind: 'mean', n: 2, sum: Infinity, sumOfSquares: 1 } } } },
      /^block\.arms\.b\.cost\.sum must be a finite number/u,
    ],
    [
      'more above the wider limit',
      { arms: { b: { slow: { kind: 'tail', n: 9, above: 2, aboveWidened: 3 } } } },
      /^block\.arms\.b\.slow\.aboveWidened/u,
    ],
  ])('is refused by name: %s', (_, over, message) => {
    expect(fold(over)).toThrow(message);
  });
  it('is refused when a tail with a relative margin lacks the wider count', () => {
    const tails = {
      a: { slow: { kind: 'tail', n: 9, above: 2 } },
      b: { slow: { kind: 'tail', n: 9, above: 2 } },
    };
    expect(fold({ arms: tails as ExperimentBlock['arms'] })).toThrow(
      /^block\.arms\.b\.slow\.aboveWidened must be/u,
    );
  });
  it('is refused when winsorised sums pass the cap', () => {
    const cut = started({ primary: { ...cost, scale: { kind: 'winsorised', cap: 2 } } });
    const sums = { cost: { kind: 'mean', n: 10, sum: 21, sumOfSquares: 50 } } as const;
    expect(() => foldExperimentBlock(cut, block(1, { a: sums, b: {} }))).toThrow(
      /^block\.arms\.a\.cost\.sum of/u,
    );
  });
  it('is refused by a state of another version', () => {
    const other: ExperimentState = Object.assign(started(), { version: 1 });
    expect(() => foldExperimentBlock(other, block(1, arms))).toThrow(/^state\.version must be 2, got 1/u);
    expect(() => nextExperimentBets(other, { weights: { a: 1, b: 1 } })).toThrow(/^state\.version/u);
  });
  it('is refused when the split of the stage was judged on nonsense', () => {
    const metrics = { a: { quality: of(10, 5) }, b: { quality: of(10, 5) } };
    expect(() =>
      foldExperimentBlock(started({ primary: quality }), block(1, metrics, { exposures: { a: Infinity } })),
    ).toThrow(/^block\.exposures\.a/u);
  });
});
