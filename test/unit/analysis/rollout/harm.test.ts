import { describe, expect, it } from 'vitest';
import {
  foldBlock,
  judgeAbsolute,
  judgeStep,
  readEvidence,
  startEvidence,
  type RolloutEvidence,
  type ShareEvidence,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';
import { block, quality, shares, STEPS } from './blocks.ts';

const guardrails = [quality];
const at = { guardrails, stepIndex: 2, weightPct: 50 };

/** Evidence as programs kept it before there was a process that never starts anew. */
const withoutLong = (evidence: RolloutEvidence): RolloutEvidence => ({
  ...evidence,
  guardrails: evidence.guardrails.map((g) => {
    if (g.kind === 'mean') return g;
    const { longHarm: _left, ...rest } = g;
    return rest;
  }),
});
const shareOf = (evidence: RolloutEvidence) => evidence.guardrails[0] as ShareEvidence;
const harmOf = (evidence: RolloutEvidence) =>
  judgeStep(evidence, { guardrails, steps: STEPS, stepIndex: 2, minSamples: 200 }).guardrails[0]!;

/** Blocks of 300 and 300, the candidate at that quality, until harm or the end. */
const blocksToHarm = (start: RolloutEvidence, candidate: number, seed: number, most: number) => {
  const random = randomFromSeed(seed);
  let evidence = start;
  const draw = (p: number) => ({ quality: shares(300, sampleBinomial(300, p, random)) });
  for (let no = 1; no <= most; no++) {
    evidence = foldBlock(evidence, block(no, draw(0.81), draw(candidate)), at);
    if (harmOf(evidence).outcome === 'harm') return { blocks: no, evidence };
  }
  return { blocks: most + 1, evidence };
};

describe('harm that is there all along', () => {
  it('is found by the process that never starts anew, where starts alone forget it', () => {
    const seeds = Array.from({ length: 30 }, (_, i) => i + 1);
    const times = (start: RolloutEvidence) =>
      seeds.map((seed) => blocksToHarm(start, 0.729, seed, 100).blocks).toSorted((a, b) => a - b);
    const both = times(startEvidence(guardrails, STEPS));
    const restartsAlone = times(withoutLong(startEvidence(guardrails, STEPS)));
    expect(both[28]).toBeLessThanOrEqual(35);
    expect(restartsAlone[28]).toBeGreaterThan(60);
  });
  it('is told as harm at 100 % too, and stays', () => {
    const found = Array.from({ length: 40 }, (_, i) =>
      blocksToHarm(startEvidence(guardrails, STEPS), 0.729, i + 1, 60),
    );
    const byLong = found.find(({ evidence }) => shareOf(evidence).harm.alarm === null)!;
    expect(shareOf(byLong.evidence).longHarm!.alarm).not.toBeNull();
    expect(harmOf(byLong.evidence)).toMatchObject({ outcome: 'harm', harm: 1 });
    const context = { guardrails, constraints: {}, stepIndex: 3, minSamples: 200 };
    expect(judgeAbsolute(byLong.evidence, context).outcome).toBe('harm');
    const healed = foldBlock(
      byLong.evidence,
      block(999, { quality: shares(9000, 7290) }, { quality: shares(9000, 8000) }),
      at,
    );
    expect(harmOf(healed).outcome).toBe('harm');
  });
});

describe('the error probability of harm', () => {
  it('is shared: both limits together spend what one spent before', () => {
    const alpha = startEvidence(guardrails, STEPS).alpha.harm;
    const limits = Array.from({ length: 60 }, (_, i) =>
      blocksToHarm(startEvidence(guardrails, STEPS), 0.7, i + 1, 60),
    )
      .map(({ evidence }) => shareOf(evidence))
      .map(({ harm, longHarm }) => ({ restart: harm.alarm, long: longHarm!.alarm }));
    const long = limits.find((l) => l.long !== null)!.long!;
    const first = limits.find((l) => l.restart?.restart === 1)!.restart!;
    const spent = Math.exp(-long.limit) + (Math.exp(-first.limit) * Math.PI ** 2) / 6;
    expect(spent).toBeCloseTo(alpha, 12);
  });
  it('holds at the margin: at most 2 % of rollouts are taken back', () => {
    const runs = 200;
    const taken = Array.from({ length: runs }, (_, i) =>
      blocksToHarm(startEvidence(guardrails, STEPS), 0.81 * 0.95, 1000 + i, 60),
    ).filter(({ blocks }) => blocks <= 60).length;
    expect(taken / runs).toBeLessThanOrEqual(0.02);
  });
});

describe('evidence that was begun before', () => {
  it('goes on as it was: one process, all of the level', () => {
    const old = withoutLong(startEvidence(guardrails, STEPS));
    expect(readEvidence(JSON.parse(JSON.stringify(old)))).toEqual(old);
    const { evidence } = blocksToHarm(old, 0.6, 3, 30);
    expect(shareOf(evidence)).not.toHaveProperty('longHarm');
    const { restart, limit } = shareOf(evidence).harm.alarm!;
    expect(limit).toBeCloseTo(Math.log((Math.PI ** 2 * restart ** 2) / (6 * old.alpha.harm)), 12);
  });
});
