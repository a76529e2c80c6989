import { describe, expect, it } from 'vitest';
import { designOf, type DesignPieces } from '../../../../src/decision/index.ts';
import { costGuardrail, errorGuardrail, pieces, qualityGuardrail, tailGuardrail } from './support.ts';

const ALL = [qualityGuardrail, errorGuardrail, tailGuardrail, costGuardrail];
const shape = (over: Partial<DesignPieces>) => {
  const { primary, guardrails, stages } = designOf(pieces({ guardrails: ALL, ...over }));
  return {
    primary: `${primary.id} ${primary.kind} ${primary.direction}`,
    guardrails: guardrails.map(
      ({ metric, required }) => `${metric.id} ${metric.kind}${required ? ' required' : ''}`,
    ),
    stages,
  };
};

describe('the design', () => {
  it('for quality holds the service to its guardrails, quality itself among them', () => {
    expect(shape({})).toEqual({
      primary: 'quality proportion increase',
      guardrails: [
        'qualityLoss proportion required',
        'errorRate proportion required',
        'latencyP95 tail required',
        'cost mean',
      ],
      stages: 1,
    });
  });

  it('for cost makes quality a guardrail that must pass, also where the service does not ask for it', () => {
    const advisory = { ...qualityGuardrail, required: false };
    expect(shape({ primary: 'cost', guardrails: [advisory, costGuardrail] })).toEqual({
      primary: 'cost mean decrease',
      guardrails: ['quality proportion required'],
      stages: 2,
    });
  });

  it('takes marks as scores where quality is graded', () => {
    expect(shape({ graded: true }).primary).toBe('quality score increase');
    expect(shape({ graded: true, primary: 'cost' }).guardrails[0]).toBe('quality score required');
  });

  it('takes points as shares, and freezes the tail', () => {
    const { guardrails } = designOf(pieces({ guardrails: ALL }));
    expect(guardrails[1]!.margin).toEqual({ kind: 'absolute', amount: 0.01 });
    expect(guardrails[2]!.metric).toMatchObject({ frozen: 900 });
  });

  it('leaves out an advisory tail that nobody froze, and refuses a required one', () => {
    const unfrozen = { ...tailGuardrail, frozen: null };
    expect(shape({ guardrails: [{ ...unfrozen, required: false }] }).guardrails).toEqual([]);
    expect(() => shape({ guardrails: [unfrozen] })).toThrow(/^guardrails must have the latency frozen/u);
  });

  it.each<Partial<DesignPieces>>([
    { allocation: 'thompson' },
    { allocation: 't3c', graded: true },
    { allocation: 'elimination' },
  ])('takes %j', (over) => {
    expect(shape(over).stages).toBe(1);
  });

  it.each<[Partial<DesignPieces>, RegExp]>([
    [{ allocation: 'thompson', primary: 'cost' }, /^allocation must be fixed where the cost decides/u],
    [
      { allocation: 'thompson', guardrails: [{ ...costGuardrail, required: true }] },
      /^allocation must be fixed where the cost decides/u,
    ],
    [{ allocation: 'elimination', primary: 'cost' }, /^allocation must be fixed where the cost decides/u],
    [{ allocation: 'elimination', analysis: 'fixedHorizon' }, /^allocation must be fixed for a fixedHor/u],
    [{ allocation: 'elimination', analysis: 'bayesian' }, /^allocation must be another one for a bayes/u],
    [{ allocation: 't3c', analysis: 'fixedHorizon' }, /^allocation must be fixed for a fixedHorizon/u],
    [{ primary: 'cost', guardrails: [] }, /^guardrails must hold quality/u],
    [{ arms: ['control'] }, /^variants must name/u],
    [{ capPerArm: 0 }, /^capPerArm/u],
    [{ alpha: 0.7 }, /^alpha/u],
  ])('refuses %j', (over, refusal) => {
    expect(() => shape(over)).toThrow(refusal);
  });
});
