/**
 * One rollout: blocks of drawn outcomes at a fixed request rate, judged at each block by a rule. A step is left at the first pass, the rollout
 * at the first harm. Rules that only watch see the same blocks and lead nothing.
 */
import type { Arm, ArmWindow, Block } from '../../src/domain/window.ts';
import { ours, type MakeRule, type RuleSetting } from './rollout-rules.ts';

/** What happened: the steps that were left, how long it took in requests and in the candidate's own, and which watchers saw harm. */
export interface RolloutRun {
  readonly end: 'promoted' | 'rolledBack' | 'undecided';
  readonly stepsLeft: number;
  readonly requests: number;
  readonly candidateRequests: number;
  readonly watchersAlarmed: readonly boolean[];
}

export interface RolloutSetting extends RuleSetting {
  readonly requestsPerBlock: number;
  readonly maxBlocks: number;
  /** Draws one arm's block of n requests; `candidateSoFar` are the candidate's requests before this block. */
  readonly draw: (arm: Arm, n: number, candidateSoFar: number) => ArmWindow;
  /** The rule that leads; ours when left out. */
  readonly rule?: MakeRule;
  readonly watchers?: readonly MakeRule[];
  /** Never leaves the first step: to see how long harm takes. */
  readonly stays?: boolean;
}

export const runRollout = (setting: RolloutSetting): RolloutRun => {
  const { steps, requestsPerBlock, maxBlocks, draw, rule = ours, stays = false } = setting;
  const leading = rule(setting);
  const watching = (setting.watchers ?? []).map((make) => ({ rule: make(setting), alarmed: false }));
  let stepIndex = 0;
  let candidateRequests = 0;
  const below = steps.filter((weight) => weight < 100).length;
  const ended = (end: RolloutRun['end'], blocks: number): RolloutRun => ({
    end,
    stepsLeft: stepIndex,
    requests: blocks * requestsPerBlock,
    candidateRequests,
    watchersAlarmed: watching.map(({ alarmed }) => alarmed),
  });
  for (let no = 1; no <= maxBlocks; no++) {
    const weightPct = steps[stepIndex]!;
    const n = Math.round((requestsPerBlock * weightPct) / 100);
    const arms = {
      stable: draw('stable', requestsPerBlock - n, candidateRequests),
      candidate: draw('candidate', n, candidateRequests),
    };
    candidateRequests += n;
    const block: Block = { no, startMs: no * 60_000, endMs: (no + 1) * 60_000, arms };
    for (const watcher of watching) {
      if (watcher.rule.look(block, stepIndex, weightPct) === 'harm') watcher.alarmed = true;
    }
    const said = leading.look(block, stepIndex, weightPct);
    if (said === 'harm') return ended('rolledBack', no);
    if (said === 'pass' && !stays) stepIndex += 1;
    if (stepIndex >= below) return ended('promoted', no);
  }
  return ended('undecided', maxBlocks);
};
