/** What people have to be told about an experiment, from how its state has changed. Pure; sending is an activity. */
import type { Notice, NoticeKind } from '../../domain/notice.ts';
import { inForce } from './allocation.ts';
import type { ExperimentOutcome, ExperimentRunState } from './state.ts';

/** What is to be told, without whom and where. */
export interface ExperimentNotice {
  readonly kind: NoticeKind;
  readonly reason: string;
  readonly by: string;
  /** When what it tells of happened, as the log says. */
  readonly sinceMs: number;
}

/** Outcomes in which something went wrong, or somebody took it back. */
const TAKEN_BACK: readonly ExperimentOutcome[] = [
  'harmed',
  'stopped',
  'rolledBack',
  'rejected',
  'superseded',
  'failed',
];

/** At most one of each kind; `before` is null for an experiment that was just admitted. */
export function experimentNotices(
  before: ExperimentRunState | null,
  after: ExperimentRunState,
): readonly ExperimentNotice[] {
  const { plan, conclusion, ending, log } = after;
  const notices: ExperimentNotice[] = [];
  const sinceMs = log.at(-1)?.atMs ?? plan.admittedAtMs;
  if (
    asks(after) &&
    !(before && asks(before) && before.phase === after.phase && isSameAsked(before, after))
  ) {
    const reason =
      after.phase === 'awaitingApproval'
        ? `to start: ${plan.name}`
        : `to roll ${conclusion?.variant ?? 'the winner'} out: ${conclusion?.sentence ?? ''}`;
    notices.push({ kind: 'approvalNeeded', reason, by: plan.requestedBy, sinceMs });
  }
  const { held } = after;
  if (held && held !== before?.held)
    notices.push({ kind: 'held', reason: held.reason, by: held.by, sinceMs });
  if (after.phase === 'ended' && before?.phase !== 'ended') {
    const outcome = after.outcome ?? 'failed';
    notices.push({
      kind: TAKEN_BACK.includes(outcome) ? 'rolledBack' : 'concluded',
      reason: `${outcome}: ${conclusion?.sentence ?? ending?.reason ?? ''}${rolledOut(after)}`,
      by: ending?.by ?? log.at(-1)?.by ?? 'optimizer',
      sinceMs,
    });
  }
  return notices;
}

/** What is sent about it. The id is the same however often it is sent. */
export function experimentNoticeOf(
  state: ExperimentRunState,
  { sinceMs, ...told }: ExperimentNotice,
  workflowId: string,
  atMs: number,
): Notice {
  const { plan, served, evidenceHash, looks, revision } = state;
  return {
    ...told,
    id: `${workflowId}/${plan.generation}/${looks}/${revision}/${sinceMs}/${told.kind}`,
    serviceId: plan.serviceId,
    workflowId,
    generation: plan.generation,
    summary: `experiment ${plan.name}: ${plan.arms.map(({ id }) => id).join(', ')}`,
    weightPct: served === 'yes' ? inForce(state).exposedPct : 0,
    evidence: evidenceHash === '' ? (plan.arms[1]?.hash ?? plan.stableHash) : evidenceHash,
    atMs,
  };
}

function rolledOut({ outcome, graduation, log }: ExperimentRunState): string {
  if (outcome !== 'adopted') return '';
  return graduation
    ? `; ${graduation.workflowId} rolls it out`
    : `; not rolled out: ${log.at(-1)?.why ?? ''}`;
}

const isSameAsked = (a: ExperimentRunState, b: ExperimentRunState): boolean =>
  a.awaiting?.variant === b.awaiting?.variant;

const asks = ({ awaiting, approved }: ExperimentRunState): boolean => awaiting !== null && approved === null;
