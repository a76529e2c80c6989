import { describe, expect, it } from 'vitest';
import { beginPhase, foldExperimentBlock, judgeExperiment } from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { block, errors, foldRates, of, started } from './support.ts';

const guardrail = { metric: errors, margin: { kind: 'absolute', amount: 0.01 }, required: true } as const;

describe('a new phase', () => {
  const proven = foldRates(started(), 12, { a: 0.5, b: 0.7 });

  it('drops what was gained', () => {
    expect(judgeExperiment(proven).outcome).toBe('winner');
    const after = beginPhase(proven);
    expect(judgeExperiment(after).outcome).toBe('running');
    const { superiority, labels, effect } = after.variants[0]!.primary;
    expect(superiority).toMatchObject({ logE: 0, maxLogE: 0, nA: 0 });
    expect([labels.control, effect.weight]).toEqual([0, 0]);
  });

  it('keeps what was lost, so that starting anew is no second chance', () => {
    const equal = foldRates(started(), 30, { a: 0.5, b: 0.5 }, randomFromSeed(3));
    const lost = equal.variants[0]!.primary.superiority.logE;
    expect(lost).toBeLessThan(-1);
    expect(beginPhase(equal).variants[0]!.primary.superiority.logE).toBe(lost);
  });

  it('keeps the debt of bets on both sides', () => {
    const score = { id: 'score', kind: 'score', direction: 'increase' } as const;
    let state = started({ primary: score });
    for (let no = 1; no <= 20; no++) {
      const scores = no % 2 === 0 ? [0.9, 0.1] : [0.1, 0.9];
      const marks = (mark: number) => ({
        score: { kind: 'scores' as const, scores: Array.from({ length: 20 }, () => mark) },
      });
      state = foldExperimentBlock(state, block(no, { a: marks(scores[0]!), b: marks(scores[1]!) }));
    }
    const before = state.variants[0]!.primary.superiority;
    const after = beginPhase(state).variants[0]!.primary.superiority;
    const debt = Math.min(0, before.logE);
    expect(debt).toBeLessThan(0);
    expect(after).toMatchObject({ logE: debt, maxLogE: 0, logPlus: debt, logMinus: debt, n: 0 });
  });

  it('asks guardrails for proof anew, and goes on to watch for harm and the split', () => {
    let state = started({ guardrails: [guardrail] });
    for (let no = 1; no <= 20; no++) {
      const arm = { quality: of(100, 70), errors: of(100, 0) };
      state = foldExperimentBlock(state, block(no, { a: arm, b: arm }, { exposures: { a: 100, b: 100 } }));
    }
    const after = beginPhase(state);
    const looked = judgeExperiment(after).perVariant[0]!.guardrails[0]!;
    expect(judgeExperiment(state).perVariant[0]!.guardrails[0]!.outcome).toBe('pass');
    expect(looked.outcome).toBe('noData');
    expect(after.sampleRatio).toBe(state.sampleRatio);
    expect(after.variants[0]!.guardrails[0]!.longHarm).toBe(state.variants[0]!.guardrails[0]!.longHarm);
  });

  it('finds an effect that is there in the new phase', () => {
    const again = foldRates(beginPhase(proven), 12, { a: 0.5, b: 0.7 }, randomFromSeed(9));
    expect(judgeExperiment(again).outcome).toBe('winner');
  });
});
