/** What people have to be told about a rollout, from how its state has changed. Pure; sending is an activity. */
import type { Notice, NoticeKind } from '../../domain/notice.ts';
import { onBackup } from './backup.ts';
import type { RolloutState } from './state.ts';

/** What is to be told, without whom and where. */
export interface RolloutNotice {
  readonly kind: NoticeKind;
  /** Tells two notices of one kind apart. */
  readonly about?: 'backup';
  readonly reason: string;
  readonly by: string;
  /** When what it tells of happened, as the log says: two holds between two looks are two notices. */
  readonly sinceMs: number;
}

/** At most one of each kind; `before` is null for a rollout that was just admitted. */
export function rolloutNotices(before: RolloutState | null, after: RolloutState): readonly RolloutNotice[] {
  const notices: RolloutNotice[] = [];
  const why = after.log.at(-1);
  const sinceMs = why?.atMs ?? after.plan.admittedAtMs;
  if (asks(after) && !(before && asks(before))) {
    const what = after.awaiting ? `to go on to ${after.awaiting.next}` : `to start: ${after.plan.summary}`;
    notices.push({ kind: 'approvalNeeded', reason: what, by: after.plan.requestedBy, sinceMs });
  }
  if (after.held && !before?.held) notices.push({ kind: 'held', ...after.held, sinceMs });
  // A second notice, when it was held before for something else: now it is served by another model.
  else if (onBackup(after) && !(before && onBackup(before))) {
    notices.push({
      kind: 'held',
      about: 'backup',
      reason: `to the backup route: ${after.backup?.reason ?? ''}`,
      by: after.backup?.by ?? 'optimizer',
      sinceMs,
    });
  }
  // A shadow alone that was proven has changed nothing that anybody was served.
  // What has ended ends once more when what was to come next is called off.
  const ends = before?.phase !== 'ended' || before.outcome !== after.outcome;
  if (after.phase === 'ended' && ends && after.outcome !== 'shadowed') {
    const by = after.ending?.by ?? why?.by ?? 'optimizer';
    const reason = after.ending?.reason ?? why?.why ?? '';
    const promoted = after.outcome === 'promoted';
    notices.push({
      kind: promoted ? 'promoted' : 'rolledBack',
      reason: promoted ? reason : `${howItEnded(after)}: ${reason}`,
      by,
      sinceMs,
    });
  }
  return notices;
}

/** Whoever took the service over decides what is served: a candidate of ours that was found there may be live still. */
function howItEnded({ outcome, ending }: RolloutState): string {
  const isLeft = outcome === 'superseded' && ending?.outcome !== 'superseded';
  return isLeft ? 'superseded, left as found' : (outcome ?? 'rolledBack');
}

/** What is sent about it. The id is the same however often it is sent. */
export function noticeOf(
  { plan, weightPct, evidenceHash, looks }: RolloutState,
  { about, sinceMs, ...told }: RolloutNotice,
  workflowId: string,
  atMs: number,
): Notice {
  return {
    ...told,
    id: `${workflowId}/${plan.generation}/${looks}/${weightPct}/${sinceMs}/${about === undefined ? told.kind : `${told.kind}/${about}`}`,
    serviceId: plan.serviceId,
    workflowId,
    generation: plan.generation,
    summary: plan.summary,
    weightPct,
    evidence: evidenceHash === '' ? plan.candidateHash : evidenceHash,
    atMs,
  };
}

const asks = (state: RolloutState): boolean =>
  state.phase === 'awaitingApproval' || (state.awaiting ? state.awaiting.approved === undefined : false);
