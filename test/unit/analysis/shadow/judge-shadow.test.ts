import { describe, expect, it } from 'vitest';
import {
  foldPairBlock,
  judgeShadow,
  planPairs,
  readShadowEvidence,
  startShadowEvidence,
  type ShadowEvidence,
} from '../../../../src/analysis/index.ts';
import { guardrailsOf } from '../../../../src/domain/guardrails-of.ts';
import type { PairMetric, PairSums } from '../../../../src/domain/pair-block.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { binaryPair, drawSums, NO_PAIRS, pairBlock } from '../../../simulation/shadow-worlds/pairs.ts';
import { simulation } from '../../../simulation/named/shadow.ts';
import { testSettings } from '../../../support/settings.ts';

const guardrails = guardrailsOf(testSettings('support-bot'), 2_000);
const question = { guardrails, minPairs: 200 };
const quality = [guardrails[0]!];

type Drawn = Partial<Record<PairMetric, PairSums>>;

const random = randomFromSeed(3);
const equal = (n: number): Drawn => ({
  quality: drawSums(n, binaryPair(0.8, 0.8, 0.7), random.next),
  error: drawSums(n, binaryPair(0.005, 0.005, 0), random.next),
  slow: drawSums(n, binaryPair(0.05, 0.03, 0.5), random.next),
  costUsd: drawSums(
    n,
    (next) => {
      const size = next();
      return [0.002 * size, 0.001 * size];
    },
    random.next,
  ),
});
const folded = (metrics: Drawn, of = guardrails, judged = false): ShadowEvidence =>
  foldPairBlock(startShadowEvidence(of, judged), pairBlock(1, metrics), of);

describe('the verdict on a shadow', () => {
  it('is healthy only when every required guardrail is proven', () => {
    const verdict = judgeShadow(folded(equal(6_000)), question);
    expect(verdict.guardrails.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['quality', 'pass'],
      ['errorRate', 'pass'],
      ['latencyP95', 'pass'],
      ['cost', 'pass'],
    ]);
    expect(verdict).toMatchObject({ outcome: 'healthy', labelsNeeded: 0 });
    expect(verdict.reason).toMatch(/quality 0\.\d+ vs 0\.\d+ in pairs, a drop of 5 % is ruled out/u);
  });

  it.each<[string, Drawn, string, RegExp]>([
    ['nothing', {}, 'noData', /quality: no pair yet/u],
    ['too few pairs', equal(150), 'inconclusive', /150 of 200 pairs/u],
    ['no slow side counted', { ...equal(6_000), slow: NO_PAIRS }, 'noData', /p95 latency: no pair yet/u],
    [
      'a fall of quality',
      { ...equal(6_000), quality: drawSums(3_000, binaryPair(0.8, 0.68, 0.7), randomFromSeed(4).next) },
      'harm',
      /a drop of 5 % or more is proven/u,
    ],
    [
      'errors of the candidate',
      { ...equal(6_000), error: drawSums(1_000, binaryPair(0.005, 0.06, 0), randomFromSeed(5).next) },
      'harm',
      /error rate 4\.\d+ % vs 0\.\d+ % in pairs, a rise of 1 point or more is proven/u,
    ],
  ])('with %s', (_what, metrics, outcome, reason) => {
    const verdict = judgeShadow(folded(metrics), question);
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.reason).toMatch(reason);
  });

  it('says what is missing when no p95 was frozen', () => {
    const unfrozen = guardrailsOf(testSettings('support-bot'), null);
    const { slow: _slow, ...rest } = equal(6_000);
    const verdict = judgeShadow(folded(rest, unfrozen), { guardrails: unfrozen, minPairs: 200 });
    expect(verdict).toMatchObject({
      outcome: 'noData',
      reason: 'p95 latency: no p95 was frozen before the start',
    });
  });

  it('never lets a judge that prefers a place prove anything', () => {
    const ties = { ...NO_PAIRS, n: 50_000, disagreed: 50_000 };
    const evidence = folded({ ...equal(6_000), preference: ties }, guardrails, true);
    const verdict = judgeShadow(evidence, question);
    expect(verdict.guardrails[0]).toMatchObject({ outcome: 'inconclusive', proof: 0, harm: 0 });
    expect(verdict.reason).toMatch(/100\.00 % depended on the order/u);
  });

  it.each<[string, number, string]>([
    ['wins as often as it loses', 0.5, 'healthy'],
    ['wins a third of what is decided', 0.33, 'harm'],
  ])('on the word of a judge, when the candidate %s', (_what, wins, outcome) => {
    const next = randomFromSeed(6).next;
    const draw = drawSums(
      4_000,
      () => {
        if (next() < 0.5) return [0, 0];
        return next() < wins ? [0, 1] : [1, 0];
      },
      next,
    );
    expect(
      judgeShadow(folded({ preference: draw }, quality, true), { ...question, guardrails: quality }).outcome,
    ).toBe(outcome);
  });
});

describe('the evidence of a shadow', () => {
  it('is the same however pairs are cut into blocks, but for the largest value on the way', () => {
    const cut = Array.from({ length: 30 }, (_, i) => pairBlock(i + 1, equal(40)));
    const whole = cut.reduce<Drawn>((sum, { metrics }) => folded(metrics).totals && addAll(sum, metrics), {});
    const inBlocks = cut.reduce(
      (evidence, block) => foldPairBlock(evidence, block, guardrails),
      startShadowEvidence(guardrails, false),
    );
    const atOnce = folded(whole);
    for (const [i, { proof, harm }] of inBlocks.guardrails.entries()) {
      expect(proof.logE).toBeCloseTo(atOnce.guardrails[i]!.proof.logE, 9);
      expect(harm.logE).toBeCloseTo(atOnce.guardrails[i]!.harm.logE, 9);
      expect(proof.maxLogE).toBeGreaterThanOrEqual(proof.logE);
    }
  });

  it('is not changed by a block that comes twice or too late, and survives JSON', () => {
    const first = foldPairBlock(startShadowEvidence(guardrails, false), pairBlock(7, equal(50)), guardrails);
    expect(foldPairBlock(first, pairBlock(7, equal(50)), guardrails)).toBe(first);
    expect(foldPairBlock(first, pairBlock(6, equal(50)), guardrails)).toBe(first);
    expect(readShadowEvidence(JSON.parse(JSON.stringify(first)))).toEqual(first);
  });
});

const addAll = (a: Drawn, b: Drawn): Drawn => {
  const both: Drawn = { ...a };
  for (const [metric, sums] of Object.entries(b) as [PairMetric, PairSums][]) {
    const known = both[metric] ?? NO_PAIRS;
    both[metric] = Object.fromEntries(
      Object.entries(sums).map(([field, value]) => [field, value + known[field as keyof PairSums]]),
    ) as Record<keyof PairSums, number>;
  }
  return both;
};

describe('the plan of a shadow', () => {
  it('asks for what the slowest guardrail needs, and for as many pairs of a judge as its ties leave it', () => {
    const baseline = { quality: 0.8, errorRate: 0.005 };
    const plan = (judged: boolean, of = guardrails) =>
      planPairs({ guardrails: of, baseline, minPairs: 200, judged });
    expect(plan(false)).toMatchObject({ slowest: 'quality' });
    expect(plan(false)!.pairs).toBeGreaterThan(1_000);
    expect(plan(true, quality)!.pairs).toBeGreaterThan(1_000);
    expect(planPairs({ guardrails, baseline: {}, minPairs: 200, judged: false })).toBeNull();
    expect(planPairs({ guardrails: [], baseline, minPairs: 200, judged: false })).toEqual({
      pairs: 200,
      slowest: null,
    });
  });
});

describe('the simulation of shadows, few runs', () => {
  it('passes what is equal, catches what is worse, and shows what a repeated test does', async () => {
    const { figures, table } = await simulation.run({ runs: 40, seed: 2, onProgress: () => undefined });
    expect(figures).toMatchObject({ falsePass: 0, falseHarm: 0, falsePassErrors: 0, caught: 1 });
    expect(figures['passedEqual']).toBeGreaterThan(0.9);
    expect(figures['naivePassOnMargin']).toBeGreaterThan(0.1);
    expect(table.every((line) => !line.includes('NaN') && !line.includes('null'))).toBe(true);
  });
});
