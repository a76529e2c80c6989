import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBlocks, type BlocksQuestion, type JudgedBlock } from '../../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../../src/domain/guardrail.ts';
import type { ArmWindow, WindowStats } from '../../../../src/domain/window.ts';
import { anyBlock } from './any-block.ts';
import {
  all,
  block,
  cost,
  costs,
  errorRate,
  healthy,
  latencies,
  latency,
  quality,
  repeat,
  run,
  shares,
  STEPS,
} from './blocks.ts';

/** Blocks numbered from 1, a minute each. */
const numbered = (pairs: readonly (readonly [ArmWindow, ArmWindow])[]): JudgedBlock[] =>
  pairs.map(([stable, candidate], i) => block(i + 1, stable, candidate));

const enough = numbered(repeat(8, [healthy(300), healthy(100)] as const));
const END = 9 * 60_000;

const judge = (change: Partial<BlocksQuestion> = {}) =>
  judgeBlocks({ blocks: enough, guardrails: all, steps: STEPS, stepIndex: 0, minSamples: 200, ...change });

/** A mean and a tail can be about the same metric. */
const meanLatency: GuardrailSpec = { ...cost, metric: 'latencyMs', required: true };

const worse = (n: number, q: number): ArmWindow => healthy(n, { quality: shares(n, n * q) });

describe('judgeBlocks, one call from blocks to a verdict', () => {
  it('says what a rollout says that folds the same blocks', () => {
    const pairs = repeat(8, [healthy(300), healthy(100)] as const);
    expect(judge()).toEqual(run({ blocks: pairs }).verdict);
    expect(judge()).toMatchObject({ outcome: 'healthy', labelsNeeded: 0 });
  });
  it('carries outcome, reason, observed, limit, unit and labels needed per guardrail and overall', () => {
    const verdict = judge({ guardrails: [quality, errorRate, latency], stepIndex: 2 });
    expect(verdict.outcome).toBe('inconclusive');
    const least = verdict.guardrails.toSorted((a, b) => a.proof - b.proof)[0]!;
    expect(verdict).toMatchObject({
      decidedBy: least.id,
      reason: least.reason,
      observed: least.observed,
      limit: least.limit,
    });
    const needed = verdict.guardrails.map((g) => g.labelsNeeded);
    expect(verdict.labelsNeeded).toBe(needed.includes(null) ? null : Math.max(...needed.map(Number)));
    expect(verdict.guardrails.map((g) => g.unit)).toEqual(['share', 'share', 'ms']);
    for (const g of verdict.guardrails) expect(g.reason).not.toBe('');
  });
  it('an advisory guardrail neither decides nor lends its numbers', () => {
    const dear = numbered(repeat(10, [healthy(300), healthy(300, { costUsd: costs(300, 0.009) })] as const));
    const verdict = judge({ blocks: dear });
    expect(verdict).toMatchObject({ outcome: 'healthy', decidedBy: 'quality' });
    expect(verdict.guardrails[3]).toMatchObject({ required: false, outcome: 'harm', unit: 'usd' });
    const required = [quality, { ...cost, required: true }];
    expect(judge({ blocks: dear, guardrails: required })).toMatchObject({
      outcome: 'harm',
      decidedBy: 'cost',
      observed: { stable: expect.closeTo(0.002, 10), candidate: expect.closeTo(0.009, 10) },
      limit: expect.closeTo(0.002 * 1.4, 10),
    });
  });
  it('takes blocks in any order and twice', () => {
    const shuffled = [5, 0, 7, 2, 2, 1, 6, 4, 3, 0, 7].map((i) => enough[i]!);
    expect(judge({ blocks: shuffled })).toEqual(judge());
  });
  it('takes the first of two blocks with one number, whatever the second says', () => {
    const again = { ...block(8, worse(9000, 0.9), worse(9000, 0.1)), endMs: END + 600_000 };
    expect(judge({ blocks: [...enough, again] })).toEqual(judge());
    const late = { nowMs: END + 600_000, staleAfterMs: 60_000 };
    expect(judge({ blocks: [...enough, again], ...late }).outcome).toBe('noData');
  });
  it('judges blocks at the step they ran at', () => {
    const ramp = [
      ...enough.map((b) => ({ ...b, stepIndex: 0 })),
      { ...block(20, healthy(300), healthy(100)), stepIndex: 1 },
    ];
    const verdict = judge({ blocks: ramp, stepIndex: 1 });
    expect(verdict.guardrails[0]!.labels).toEqual({ stable: 300, candidate: 100 });
    expect(verdict).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/100 of 200 candidate/),
    });
  });
  it('takes late labels into the harm, in one lump too', () => {
    const late = [{ ...block(1, healthy(2000), worse(2000, 0.6)), stepIndex: 0 }];
    expect(judge({ late })).toMatchObject({
      outcome: 'harm',
      reason: expect.stringMatching(/a drop of 5 % or more is proven by labels that came late/),
    });
    expect(judge({ late: [{ ...block(1, healthy(2000), worse(2000, 0.81)) }] }).outcome).toBe('healthy');
  });
  it('tells a common fall from the candidate’s own', () => {
    const outage = numbered(repeat(10, [worse(300, 0.6), worse(100, 0.6)] as const));
    expect(judge({ blocks: outage, baseline: { quality: 0.81 } })).toMatchObject({
      outcome: 'bothHurt',
      decidedBy: null,
    });
  });
});

describe('judgeBlocks, data that never leads to a pass', () => {
  it('nothing, one arm, arms that never ran together, an empty list', () => {
    expect(judge({ blocks: [] }).outcome).toBe('noData');
    expect(judge({ blocks: numbered(repeat(9, [healthy(300), {}] as const)) }).outcome).toBe('noData');
    expect(judge({ blocks: numbered(repeat(9, [{}, healthy(300)] as const)) }).outcome).toBe('noData');
    const apart = [healthy(900), healthy(900)].flatMap((arm) => [[arm, {}] as const, [{}, arm] as const]);
    expect(judge({ blocks: numbered(apart) }).outcome).toBe('noData');
  });
  it('stale data: old for all, or of one metric only', () => {
    const at = (nowMs: number, blocks = enough) => judge({ blocks, nowMs, staleAfterMs: 180_000 });
    expect(at(END + 180_000).outcome).toBe('healthy');
    expect(at(END + 180_001)).toMatchObject({
      outcome: 'noData',
      reason: 'quality: stale: both arms last had labels together 180 s ago, at most 180 s are asked',
    });
    const { quality: _absent, ...unlabelled } = healthy(100);
    const silent = [...enough, ...[9, 10, 11, 12].map((no) => block(no, healthy(300), unlabelled))];
    const verdict = at(END + 240_000, silent);
    expect(verdict).toMatchObject({ outcome: 'noData', decidedBy: 'quality' });
    expect(verdict.guardrails.map((g) => g.outcome)).toEqual(['noData', 'pass', 'pass', 'pass']);
  });
  it('blocks that are still open do not count', () => {
    const open = judge({ nowMs: 5 * 60_000 });
    expect(open.guardrails[0]!.labels).toEqual({ stable: 1200, candidate: 400 });
    const matured = judge({ nowMs: 5 * 60_000, matureAfterMs: 120_000 });
    expect(matured.guardrails[0]!.labels).toEqual({ stable: 600, candidate: 200 });
    expect(judge({ nowMs: END + 300_000, matureAfterMs: 300_000, staleAfterMs: 1000 }).outcome).toBe(
      'healthy',
    );
  });
  it('a mean without variance, by name', () => {
    const flat = healthy(300, { costUsd: { ...costs(300, 0.002), sumOfSquares: 300 * 0.002 ** 2 } });
    const guardrails = [{ ...cost, required: true }];
    const blocks = numbered(repeat(9, [flat, flat] as const));
    expect(judge({ blocks, guardrails })).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/no variance in either arm/),
    });
  });
  it('harm that sound data prove stands beside refused data', () => {
    const blocks = [
      ...numbered(repeat(10, [worse(300, 0.81), worse(100, 0.5)] as const)),
      block(11, healthy(300), healthy(100, { quality: shares(100, Number.NaN) })),
    ];
    const verdict = judge({ blocks });
    expect(verdict.outcome).toBe('harm');
    expect(verdict.guardrails[0]!.invalid).toEqual([
      'blocks[10].arms.candidate.quality.sum must be a finite number, got NaN',
    ]);
  });
  it.each<[string, unknown, RegExp]>([
    ['a NaN sum', { ...shares(100, 81), sum: Number.NaN }, /quality\.sum must be a finite number, got NaN/],
    ['an endless sum', { ...shares(100, 81), sum: Infinity }, /quality\.sum must be a finite number/],
    ['a negative count', { ...shares(100, 81), count: -1 }, /quality\.count must not be negative, got -1/],
    ['half a label', { ...shares(100, 81), count: 99.5 }, /quality\.count must be a whole number, got 99\.5/],
    ['more successes than labels', shares(10, 11), /quality\.sum must be from 0 to .*11/],
    ['more labels than there can be', shares(1e12, 1), /quality\.count must be at most 1000000000/],
    ['no count', { sum: 1, sumOfSquares: 1 }, /quality\.count must be a finite number, got undefined/],
    ['no statistics', 7, /quality must hold counts and sums, got 7/],
  ])('%s is named, not counted, and holds', (_name, stats, message) => {
    const bad = { ...healthy(100), quality: stats as WindowStats };
    const verdict = judge({ blocks: [...enough, block(9, healthy(300), bad)] });
    expect(verdict).toMatchObject({ outcome: 'noData', decidedBy: 'quality' });
    expect(verdict.reason).toMatch(/^quality: invalid data, not counted: blocks\[8\]\.arms\.candidate\./);
    expect(verdict.reason).toMatch(message);
    expect(verdict.guardrails[0]!.labels).toEqual({ stable: 2400, candidate: 800 });
    expect(verdict.guardrails[1]).toMatchObject({
      outcome: 'pass',
      labels: { stable: 2700, candidate: 900 },
    });
  });
  it.each<[string, unknown, RegExp]>([
    ['no block', null, /blocks\[8\] must be a block, got null/],
    ['a block without a number', { ...enough[0], no: Number.NaN }, /blocks\[8\]\.no must be a whole number/],
    ['a block without a time', { ...enough[0], no: 9, endMs: 0 }, /blocks\[8\]\.endMs must be .*, got 0/],
    [
      'a block of no step',
      { ...enough[0], no: 9, stepIndex: 4 },
      /blocks\[8\]\.stepIndex must be from 0 to 3/,
    ],
  ])('%s holds every guardrail', (_name, bad, message) => {
    const verdict = judge({ blocks: [...enough, bad as JudgedBlock] });
    expect(verdict.outcome).toBe('noData');
    for (const g of verdict.guardrails)
      expect(g).toMatchObject({ outcome: 'noData', reason: expect.stringMatching(message) });
  });
  it('a mean latency needs no sketch, and is judged without one', () => {
    const bare = healthy(300, { latencyMs: { ...latencies([700, 150], [900, 150]), sketch: null } });
    const verdict = judge({ blocks: numbered(repeat(9, [bare, bare] as const)), guardrails: [meanLatency] });
    expect(verdict).toMatchObject({ outcome: 'healthy', observed: { candidate: 800 } });
  });
  it('a metric that one guardrail refuses is kept from all that judge by it', () => {
    const bad = { ...latencies([800, 100]), sketch: { ...latencies([800, 100]).sketch!, zeroCount: -1 } };
    const blocks = [...enough, block(9, healthy(300), healthy(100, { latencyMs: bad }))];
    for (const guardrails of [
      [latency, meanLatency],
      [meanLatency, latency],
    ]) {
      const verdict = judge({ blocks, guardrails });
      for (const g of verdict.guardrails) {
        expect(g).toMatchObject({ outcome: 'noData', labels: { stable: 2400, candidate: 800 } });
        expect(g.invalid).toEqual([
          expect.stringMatching(/^blocks\[8\]\.arms\.candidate\.latencyMs\.sketch/),
        ]);
      }
    }
    expect(judge({ blocks, guardrails: [quality] }).outcome).toBe('healthy');
  });
  it('a sketch that would take all memory is refused', () => {
    const sound = latencies([800, 100]);
    const huge = { ...sound, sketch: { ...sound.sketch!, offset: 1e12 } };
    const blocks = [...enough, block(9, healthy(300), healthy(100, { latencyMs: huge }))];
    expect(judge({ blocks })).toMatchObject({
      outcome: 'noData',
      reason: expect.stringMatching(/sketch\.offset/),
    });
  });
});

describe('judgeBlocks, settings that cannot be', () => {
  it.each<[Partial<Record<keyof BlocksQuestion, unknown>>, RegExp]>([
    [{ minSamples: Number.NaN }, /^minSamples/],
    [{ minSamples: -1 }, /^minSamples/],
    [{ stepIndex: 4 }, /^stepIndex/],
    [{ stepIndex: 0.5 }, /^stepIndex/],
    [{ steps: [50, 25] }, /^steps/],
    [{ guardrails: [{ ...quality, margin: { kind: 'relative', pct: 0 } }] }, /^guardrails\.quality\.margin/],
    [{ guardrails: [{ ...quality, kind: 'sum' }] }, /^guardrails\.quality\.kind/],
    [{ guardrails: [{ ...quality, metric: 'costUsd' }] }, /^guardrails\.quality\.metric/],
    [{ guardrails: [null] }, /^guardrails/],
    [{ blocks: 'none' }, /^blocks/],
    [{ late: 7 }, /^late/],
    [{ nowMs: Number.NaN }, /^nowMs/],
    [{ nowMs: 1, matureAfterMs: -1 }, /^matureAfterMs/],
    [{ nowMs: 1, staleAfterMs: 0 }, /^staleAfterMs/],
    [{ staleAfterMs: 1000 }, /^staleAfterMs must come with nowMs/],
    [{ baseline: { quality: 2 } }, /^baseline\.quality/],
    [{ baseline: null }, /^baseline must be an object, got null/],
  ])('%j is refused by name', (change, message) => {
    expect(() => judge(change as Partial<BlocksQuestion>)).toThrow(message);
  });
});

describe('judgeBlocks, whatever the blocks hold', () => {
  const settings = fc.record({
    stepIndex: fc.nat(3),
    minSamples: fc.constantFrom(0, 1, 50, 200),
    nowMs: fc.integer({ min: 0, max: 20 }).map((minute) => minute * 60_000),
    staleAfterMs: fc.constantFrom(60_000, 300_000),
  });
  const anyGuardrails = fc.constantFrom(
    all,
    [meanLatency],
    [latency, meanLatency],
    [quality, meanLatency, latency],
  );
  const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;

  it('never throws, and tells every guardrail and the whole in finite numbers', () => {
    fc.assert(
      fc.property(
        fc.array(anyBlock, { maxLength: 14 }),
        settings,
        anyGuardrails,
        (blocks, setting, guardrails) => {
          const verdict = judgeBlocks({
            blocks: blocks as JudgedBlock[],
            guardrails,
            steps: STEPS,
            ...setting,
          });
          expect(verdict.reason.length).toBeGreaterThan(0);
          expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
          for (const g of verdict.guardrails) {
            expect(g.proof >= 0 && g.proof <= 1 && g.harm >= 0 && g.harm <= 1).toBe(true);
            expect(isCount(g.labels.stable) && isCount(g.labels.candidate)).toBe(true);
            expect(g.labelsNeeded === null || isCount(g.labelsNeeded)).toBe(true);
          }
        },
      ),
      { seed: 46, numRuns: 400 },
    );
  });

  it('is healthy only with enough sound labels of both arms together, fresh, and nothing refused', () => {
    let healthyOnes = 0;
    const fair = fc.array(
      fc.oneof({ weight: 30, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anyBlock }),
      {
        minLength: 6,
        maxLength: 10,
      },
    );
    fc.assert(
      fc.property(fair, settings, (drawn, setting) => {
        const blocks = drawn.map(
          (one, i) => one ?? block(i + 1, healthy(300), healthy(150)),
        ) as JudgedBlock[];
        const verdict = judgeBlocks({ blocks, guardrails: all, steps: STEPS, ...setting });
        if (verdict.outcome !== 'healthy') return;
        healthyOnes += 1;
        const required = verdict.guardrails.filter((g) => g.required);
        for (const g of required) {
          expect(g.invalid).toBeUndefined();
          expect(Math.min(g.labels.stable, g.labels.candidate)).toBeGreaterThanOrEqual(
            Math.max(1, setting.minSamples),
          );
        }
        const closed = blocks.filter((b) => b.endMs <= setting.nowMs);
        const newest = Math.max(...closed.map((b) => b.endMs));
        expect(setting.nowMs - newest).toBeLessThanOrEqual(setting.staleAfterMs);
      }),
      { seed: 47, numRuns: 600 },
    );
    expect(healthyOnes).toBeGreaterThan(20);
  });

  it('a field that is not finite in any place of a required metric holds the step', () => {
    const metrics = ['quality', 'error', 'latencyMs'] as const;
    const fields = ['count', 'sum', 'sumOfSquares'] as const;
    fc.assert(
      fc.property(
        fc.nat(7),
        fc.constantFrom('stable' as const, 'candidate' as const),
        fc.constantFrom(...metrics),
        fc.constantFrom(...fields),
        fc.constantFrom(Number.NaN, Infinity, -Infinity),
        (at, arm, metric, field, value) => {
          const blocks = enough.map((b, i) => {
            if (i !== at) return b;
            const stats = { ...b.arms[arm][metric]!, [field]: value };
            return { ...b, arms: { ...b.arms, [arm]: { ...b.arms[arm], [metric]: stats } } };
          });
          const verdict = judge({ blocks });
          expect(verdict.outcome).toBe('noData');
          expect(verdict.reason).toContain(`blocks[${at}].arms.${arm}.${metric}.${field}`);
        },
      ),
      { seed: 48, numRuns: 100 },
    );
  });
});
