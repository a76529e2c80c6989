/**
 * One rollout, blocks of drawn outcomes at a fixed request rate, judged at each block by the functions that judge real ones:
 * `startEvidence`, `foldBlock`, `judgeStep`. A step is left at the first healthy verdict, the rollout at the first harm.
 */
import { foldBlock, judgeStep, startEvidence } from '../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../src/domain/guardrail.ts';
import type { Arm, ArmWindow } from '../../src/domain/window.ts';

/** What happened: the steps that were left, and how long it took in requests and in the candidate's own. */
export interface RolloutRun {
  readonly end: 'promoted' | 'rolledBack' | 'undecided';
  readonly stepsLeft: number;
  readonly requests: number;
  readonly candidateRequests: number;
}

export interface RolloutSetting {
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly requestsPerBlock: number;
  readonly minSamples: number;
  readonly maxBlocks: number;
  /** Draws one arm's block of n requests. */
  readonly draw: (arm: Arm, n: number) => ArmWindow;
}

export const runRollout = (setting: RolloutSetting): RolloutRun => {
  const { guardrails, steps, requestsPerBlock, minSamples, maxBlocks, draw } = setting;
  let evidence = startEvidence(guardrails, steps);
  let stepIndex = 0;
  let candidateRequests = 0;
  const below = steps.filter((weight) => weight < 100).length;
  for (let no = 1; no <= maxBlocks; no++) {
    const weightPct = steps[stepIndex]!;
    const n = Math.round((requestsPerBlock * weightPct) / 100);
    candidateRequests += n;
    const arms = { stable: draw('stable', requestsPerBlock - n), candidate: draw('candidate', n) };
    const block = { no, startMs: no * 60_000, endMs: (no + 1) * 60_000, arms };
    evidence = foldBlock(evidence, block, { guardrails, stepIndex, weightPct });
    const { outcome } = judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
    const ended = (end: RolloutRun['end']): RolloutRun => ({
      end,
      stepsLeft: stepIndex,
      requests: no * requestsPerBlock,
      candidateRequests,
    });
    if (outcome === 'harm') return ended('rolledBack');
    if (outcome === 'healthy') stepIndex += 1;
    if (stepIndex >= below) return ended('promoted');
  }
  return {
    end: 'undecided',
    stepsLeft: stepIndex,
    requests: maxBlocks * requestsPerBlock,
    candidateRequests,
  };
};
