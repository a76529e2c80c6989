/**
 * Holds a healthy verdict against what arrived lately: old evidence, or evidence of an arm that has fallen silent, never
 * promotes. It never makes a verdict better. Every request counts here, not the first of each unit: users who all have been here before are not silence.
 */
import type { StepVerdict } from '../src/domain/guardrail.ts';
import type { Arm, Metric } from '../src/domain/window.ts';
import type { ArmSummary } from '../src/ports/windows.ts';
import { keepsTable, type RolloutState } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

/** Matured blocks must be at most this many looks old, or the evidence counts as stale. */
const FRESH_LOOKS = 3;

/** Requests that an arm must have been due before its silence says something: none of ten due has a chance of 1 in 22,000. */
const DUE_AT_LEAST = 10;

/**
 * The verdict, or `noData` in place of `healthy` when lately nothing has arrived, or nothing of an arm that was due: of requests, and of the
 * labels of each guardrail that the verdict rests on. Requests that go on do not make up for labels that have stopped.
 */
export async function freshened(
  ports: Pick<ActivityPorts, 'windows'>,
  state: RolloutState,
  verdict: StepVerdict,
  nowMs: number,
): Promise<StepVerdict> {
  if (verdict.outcome !== 'healthy') return verdict;
  const { serviceId, generation, lookMs, blockMs, matureAfterMs, guardrails } = state.plan;
  const maturedMs = nowMs - matureAfterMs;
  const fromNo = Math.floor((maturedMs - FRESH_LOOKS * Math.max(lookMs, blockMs)) / blockMs) - 1;
  const toNo = Math.floor(maturedMs / blockMs) - 1;
  const range = { serviceId, fromMs: fromNo * blockMs, toMs: (toNo + 1) * blockMs };
  const [stable, candidate] = await Promise.all([
    ports.windows.summary({ ...range, arm: 'stable', generation: null }),
    ports.windows.summary({ ...range, arm: 'candidate', generation }),
  ]);
  const lately = { stable, candidate };
  const judged = verdict.guardrails.filter(({ required }) => required).map(({ id }) => id);
  const metrics = guardrails.filter(({ id }) => judged.includes(id)).map(({ metric }) => metric);
  const since = new Date(fromNo * blockMs).toISOString();
  for (const metric of [null, ...(keepsTable(state.plan, 2) ? metrics : [])]) {
    const why = silence(countsOf(lately, metric), state.weightPct, metric);
    if (why !== null) return { ...verdict, outcome: 'noData', reason: `stale: ${why} since ${since}` };
  }
  return verdict;
}

/** Which arm is missing, null when none is. An arm that was due too little is not missed. */
function silence(
  { stable, candidate }: Readonly<Record<Arm, number>>,
  weightPct: number,
  metric: Metric | null,
): string | null {
  const total = stable + candidate;
  const of = metric === null ? '' : ` ${metric}`;
  if (total === 0) return metric === null ? 'nothing has arrived' : `no label of${of} has arrived`;
  const counts = { stable, candidate };
  const due = { stable: (total * (100 - weightPct)) / 100, candidate: (total * weightPct) / 100 };
  for (const arm of ['stable', 'candidate'] as const) {
    if (counts[arm] === 0 && due[arm] >= DUE_AT_LEAST) {
      const beside = metric === null ? 'requests' : 'labels';
      return `no${of === '' ? 'thing' : of} of the ${arm} arm has arrived beside ${total} ${beside} of the other`;
    }
  }
  return null;
}

/** Requests, or labels of one metric, of both arms. */
function countsOf(
  lately: Readonly<Record<Arm, ArmSummary>>,
  metric: Metric | null,
): Readonly<Record<Arm, number>> {
  const of = (arm: Arm): number => {
    const { all } = lately[arm];
    return (metric === null ? (all.error ?? all.quality) : all[metric])?.count ?? 0;
  };
  return { stable: of('stable'), candidate: of('candidate') };
}
