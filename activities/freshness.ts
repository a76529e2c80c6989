/**
 * Holds a healthy verdict against what arrived lately: old evidence, or evidence of an arm that has fallen silent, never
 * promotes. It never makes a verdict better.
 */
import type { StepVerdict } from '../src/domain/guardrail.ts';
import type { Arm, Block } from '../src/domain/window.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

/** Matured blocks must be at most this many looks old, or the evidence counts as stale. */
const FRESH_LOOKS = 3;

/** Requests that an arm must have been due before its silence says something: none of ten due has a chance of 1 in 22,000. */
const DUE_AT_LEAST = 10;

/** The verdict, or `noData` in place of `healthy` when nothing, or nothing of an arm that was due, has arrived lately. */
export async function freshened(
  ports: Pick<ActivityPorts, 'windows'>,
  state: RolloutState,
  verdict: StepVerdict,
  nowMs: number,
): Promise<StepVerdict> {
  if (verdict.outcome !== 'healthy') return verdict;
  const { serviceId, generation, lookMs, blockMs, matureAfterMs } = state.plan;
  const maturedMs = nowMs - matureAfterMs;
  const fromNo = Math.floor((maturedMs - FRESH_LOOKS * Math.max(lookMs, blockMs)) / blockMs) - 1;
  const toNo = Math.floor(maturedMs / blockMs) - 1;
  const lately = await ports.windows.blocks({ serviceId, generation, blockMs, fromNo, toNo });
  const why = silence(
    { stable: requestsOf(lately, 'stable'), candidate: requestsOf(lately, 'candidate') },
    state.weightPct,
  );
  const since = new Date(fromNo * blockMs).toISOString();
  return why === null ? verdict : { ...verdict, outcome: 'noData', reason: `stale: ${why} since ${since}` };
}

/** Which arm is missing, null when none is. An arm that was due too little is not missed. */
function silence(requests: Readonly<Record<Arm, number>>, weightPct: number): string | null {
  const { stable, candidate } = requests;
  if (stable + candidate === 0) return 'nothing has arrived';
  const total = stable + candidate;
  const due = { stable: (total * (100 - weightPct)) / 100, candidate: (total * weightPct) / 100 };
  for (const arm of ['stable', 'candidate'] as const) {
    if (requests[arm] === 0 && due[arm] >= DUE_AT_LEAST) {
      return `nothing of the ${arm} arm has arrived beside ${total} requests of the other`;
    }
  }
  return null;
}

function requestsOf(blocks: readonly Block[], arm: Arm): number {
  return blocks.reduce((sum, { arms }) => sum + (arms[arm].error?.count ?? arms[arm].quality?.count ?? 0), 0);
}
