/** Hands a promoted change to its watch: an abandoned child, so that the rollout can end and give the service back. */
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RolloutState } from '../src/state/rollout/index.ts';
import { promotionWatch } from './promotion-watch.ts';

/** Starts `watch/<service>/<generation>` unless the service asks for none (`watch: 0s`). */
export async function startWatch({ plan, evidence, steps }: RolloutState): Promise<void> {
  if (plan.watchMs === 0) return;
  await startChild(promotionWatch, {
    workflowId: `watch/${plan.serviceId}/${plan.generation}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [
      {
        serviceId: plan.serviceId,
        target: plan.target,
        generation: plan.generation,
        candidateHash: plan.candidateHash,
        ...(plan.parts && { parts: plan.parts }),
        stableGeneration: plan.stableGeneration,
        watchMs: plan.watchMs,
        lookMs: plan.lookMs,
        blockMs: plan.blockMs,
        matureAfterMs: plan.matureAfterMs,
        minSamples: plan.minSamples,
        guardrails: plan.guardrails,
        constraints: plan.constraints,
        lastWeightPct: plan.steps.findLast((weightPct) => weightPct < 100) ?? 100,
        stepsFromMs: steps.map((step) => step.startedAtMs),
        evidence,
      },
    ],
  });
}
