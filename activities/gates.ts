/** The gates of a look: whether the traffic has moved, is split as asked, and is labelled alike. Reads; the core judges. */
import {
  foldExposures,
  foldLabelCounts,
  judgeGates,
  startLabelParity,
  startShareGate,
  type Exposures,
} from '../src/analysis/index.ts';
import type { Arm, Block } from '../src/domain/window.ts';
import { isApart, type LookGates, type RolloutState } from '../src/state/rollout/index.ts';
import { leaseGate } from './lease-keeper.ts';
import type { ActivityPorts } from './ports.ts';
import { standstillGate } from './standstill.ts';

/** An exposure is told within this time of its answer: gateways send in batches. */
const EXPOSURES_TOLD_WITHIN_MS = 1_000;

/**
 * The gates after this look; null for a rollout that was admitted before there were gates.
 * @param folded the matured blocks that this look folds, for the parity of labels
 */
export async function gatesOf(
  ports: Pick<ActivityPorts, 'windows' | 'services' | 'fleet' | 'watchdogs' | 'nowMs'>,
  state: RolloutState,
  folded: readonly Block[],
  nowMs: number,
): Promise<LookGates | null> {
  const { asked, plan } = state;
  if (!asked || plan.convergeMs === undefined) return null;
  const before = state.gates?.share ?? startShareGate({ ...asked, convergeMs: plan.convergeMs });
  const fromNo = Math.max(before.throughNo + 1, Math.floor(asked.setAtMs / plan.blockMs));
  const toNo = Math.floor((nowMs - EXPOSURES_TOLD_WITHIN_MS) / plan.blockMs) - 1;
  const { serviceId, generation, blockMs } = plan;
  const recent =
    toNo < fromNo ? [] : await ports.windows.blocks({ serviceId, generation, blockMs, fromNo, toNo });
  const share = recent
    .filter(({ no }) => !isApart(state, no))
    .map(exposuresOf)
    .reduce(foldExposures, before);
  const parity = folded
    .map(labelCounts)
    .filter((counts) => counts !== null)
    .reduce(foldLabelCounts, state.gates?.parity ?? startLabelParity());
  const standstill = await standstillGate(ports, serviceId);
  const lease = await leaseGate(ports, plan);
  return { share, parity, reports: [...judgeGates(share, parity, nowMs), standstill, ...lease] };
}

/** Requests per arm; without a report of errors, what was labelled stands for what was served. */
function exposuresOf({ no, startMs, endMs, arms }: Block): Exposures {
  const of = (arm: Arm): number => arms[arm].error?.count ?? arms[arm].quality?.count ?? 0;
  return { no, startMs, endMs, stable: of('stable'), candidate: of('candidate') };
}

/** Answers that could have been labelled, and labels; null where failures are not told, so answers are not known. */
function labelCounts({ arms }: Block): Parameters<typeof foldLabelCounts>[1] | null {
  const of = (arm: Arm) => {
    const { error, quality } = arms[arm];
    return error ? { exposures: Math.max(0, error.count - error.sum), labels: quality?.count ?? 0 } : null;
  };
  const [stable, candidate] = [of('stable'), of('candidate')];
  return stable && candidate ? { stable, candidate } : null;
}
