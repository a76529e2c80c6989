/**
 * What a rollout decided and what it left behind, without what may differ between two runs of one story: **times, and what counts the passing of
 * time**. Left out, each for that reason and no other:
 * - times of day, deadlines, run ids, and message ids;
 * - how many looks there were, and the revision, which counts them; looks that failed because something was away, which decide nothing;
 * - of the evidence: numbers of blocks (time of day in seconds), how many were folded, and `arms`, the totals of whatever arrived, which hold the
 *   single requests that keep a late look fresh. What was proven, per guardrail (every process, every label counted), is in it whole;
 * - sentences about the last step, which quote those totals; evidence of a look that found no data, which rests on none.
 * A decision that two tries of one look recorded alike counts once.
 */
import { createHash } from 'node:crypto';
import type { RolloutEvidence } from '../../../src/analysis/index.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { StepVerdict } from '../../../src/domain/guardrail.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import type { DecisionRecord } from '../../../src/ports/stores.ts';
import type { LogEntry } from '../../../src/state/log-kept.ts';
import type { StepRecord } from '../../../src/state/rollout/index.ts';
import type { Lab } from './lab.ts';
import { STEPS } from './traffic.ts';

interface Judged {
  readonly evidence: RolloutEvidence;
  readonly limits: { readonly stepIndex: number };
  readonly verdict: StepVerdict;
}

interface Ended {
  readonly steps: readonly StepRecord[];
  readonly log: readonly LogEntry[];
}

export interface Trace {
  readonly decisions: readonly object[];
  readonly end: object;
  readonly people: readonly object[];
  readonly configurations: readonly object[];
  readonly live: object;
  readonly leaseGivenBack: boolean;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const hashOfTrace = (trace: Trace): string => sha256(canonicalJson(trace));

/** The step that a verdict's record is of. */
export const stepOf = ({ detail }: DecisionRecord): number => (detail as Judged).limits.stepIndex;

/** The decisions of a service, oldest first. */
export async function decisionsOf({ stores }: Lab, serviceId: string): Promise<readonly DecisionRecord[]> {
  return (await stores.decisions.list({ serviceId, limit: 1_000 })).toReversed();
}

export async function traceOf(lab: Lab, serviceId: string, live: LiveConfiguration): Promise<Trace> {
  const { stores } = lab;
  const decisions = await decisionsOf(lab, serviceId);
  const verdicts = decisions.filter(({ kind }) => kind === 'verdict').map(judged);
  const end = decisions.filter(({ kind }) => kind === 'rollout');
  const audit = (await stores.audit.list(serviceId, 200)).toReversed();
  const configurations = (await stores.configurations.list(serviceId)).toReversed();
  return {
    decisions: verdicts.filter((each, i) => canonicalJson(each) !== canonicalJson(verdicts[i - 1] ?? null)),
    end: end.map(ended),
    people: audit.map(({ actor, action }) => ({ actor, action })),
    configurations: configurations.map(({ generation, hash, status }) => ({ generation, hash, status })),
    live: {
      generation: live.generation,
      stable: live.stable,
      candidate: live.candidate,
      weightPct: live.weight_pct,
    },
    leaseGivenBack: (await stores.leases.current(serviceId)) === null,
  };
}

function judged(record: DecisionRecord): object {
  const { evidence, limits, verdict } = record.detail as Judged;
  const isLast = STEPS[limits.stepIndex] === 100;
  return {
    stepIndex: limits.stepIndex,
    outcome: record.outcome,
    ...(!isLast && record.outcome !== 'noData' && { reason: record.reason }),
    guardrails: verdict.guardrails.map(({ id, outcome, labels, proof, harm }) =>
      isLast ? { id, outcome } : { id, outcome, labels, proof, harm },
    ),
    ...(record.outcome !== 'noData' && { evidence: sha256(canonicalJson(evidence.guardrails)) }),
  };
}

/** Looks that failed say that something was away; all else is what the rollout did and why. */
function ended(record: DecisionRecord): object {
  const { steps, log } = record.detail as Ended;
  const isAboutLast = (weightPct: number): boolean => weightPct === 100;
  return {
    outcome: record.outcome,
    reason: record.reason,
    steps: steps.map(({ index, weightPct, why }) => ({
      index,
      weightPct,
      ...(!isAboutLast(weightPct) && { why }),
    })),
    log: log.filter(({ what }) => what !== 'look failed').map(({ what, by, why }) => ({ what, by, why })),
  };
}
