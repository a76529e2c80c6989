/**
 * The backup route of a rollout: while it is held because the service is hurt, the backup model is served in the candidate's place, to
 * everybody, under the rollout's own generation and a lease that is renewed. The stable configuration at the gateway is never touched,
 * so every way back (rollback, break-glass, a lease that runs out) stays what it is. Pure; that a rollout is held is said elsewhere.
 */
import type { Message } from '../messages.ts';
import { keepsTable, logged, type OnBackup, type RolloutPhase, type RolloutState } from './state.ts';

type Anomaly = Extract<Message, { name: 'anomaly' }>;

/** Phases in which something may still be decided. */
const OPEN: readonly RolloutPhase[] = ['awaitingApproval', 'applying', 'soaking', 'promoting'];

/** Stretches of backup traffic that are remembered until the looks have passed them. */
const APART_KEPT = 20;

/** Where the rollout stands, null when it has nothing to do with the backup route. */
export function onBackup(state: RolloutState): OnBackup | null {
  return OPEN.includes(state.phase) ? (state.backup ?? null) : null;
}

/** Asks for the backup route. A service without one, and one that is there already, stays as it is. */
export function toBackup(state: RolloutState, atMs: number, by: string, reason: string): RolloutState {
  const { plan, backup } = state;
  if (!plan.backup || !OPEN.includes(state.phase)) return state;
  if (backup && backup.stage !== 'leaving') return state;
  return logged(
    {
      ...state,
      phase: state.phase === 'soaking' ? 'applying' : state.phase,
      soakEndsAtMs: null,
      nextLookAtMs: null,
      awaiting: null,
      backup: { stage: 'wanted', sinceMs: backup?.sinceMs ?? atMs, by, reason },
    },
    { atMs, what: 'to the backup route', by, why: `model ${plan.backup.model}: ${reason}` },
  );
}

/** Asks for the stable configuration again; the step that was left begins anew once it is live. */
export function fromBackup(state: RolloutState): RolloutState {
  const backup = onBackup(state);
  return backup
    ? { ...state, backup: { ...backup, stage: 'leaving' }, leftNothing: true, nextLookAtMs: null }
    : state;
}

export function backupServed(
  state: RolloutState,
  atMs: number,
  leaseExpiresAtMs: number | null,
): RolloutState {
  const backup = onBackup(state);
  if (!backup || backup.stage === 'leaving') return state;
  const served: RolloutState = {
    ...state,
    weightPct: 0,
    leftNothing: false,
    leaseExpiresAtMs,
    nextLookAtMs: atMs + renewalMs(state),
    backup: { ...backup, stage: 'served' },
  };
  return backup.stage === 'served'
    ? served
    : logged(served, {
        atMs,
        what: 'backup route',
        by: 'optimizer',
        why: `model ${state.plan.backup?.model ?? '?'} is served to everybody until somebody resumes`,
      });
}

/** The rollout stays held, as a service without a backup would. */
export function backupRefused(state: RolloutState, atMs: number, why: string): RolloutState {
  if (!onBackup(state)) return state;
  const refused = { ...withoutBackup(state, atMs), nextLookAtMs: null };
  const back = isLooksToTell(state)
    ? { phase: 'soaking' as const, soakEndsAtMs: atMs + state.plan.soakMs }
    : {};
  return logged({ ...refused, ...back }, { atMs, what: 'backup route refused', by: 'gateway', why });
}

/**
 * Whether the step that was left for the backup route may be served still: refusing can take longer than the weight lease. A look tells, due at
 * once, and no weight is written under the hold. Plans of before the third rules wrote it anew.
 */
function isLooksToTell({ plan, phase, held, weightPct, stepIndex, steps }: RolloutState): boolean {
  const step = steps.at(-1);
  const isOpen = step?.index === stepIndex && step.endedAtMs === null;
  return keepsTable(plan, 3) && phase === 'applying' && held !== null && weightPct > 0 && isOpen;
}

export function backupLeft(state: RolloutState, atMs: number): RolloutState {
  if (onBackup(state)?.stage !== 'leaving') return state;
  return logged(
    { ...withoutBackup(state, atMs), weightPct: 0, leaseExpiresAtMs: null, nextLookAtMs: null },
    {
      atMs,
      what: 'backup route left',
      by: 'optimizer',
      why: 'the stable configuration is live alone; the step begins anew',
    },
  );
}

/** The blocks from when the route was wanted until now hold traffic of neither arm. */
export function withoutBackup(state: RolloutState, atMs: number): RolloutState {
  const { backup, foldedTo, plan } = state;
  if (!backup) return state;
  const no = (ms: number): number => Math.floor(ms / plan.blockMs);
  const range = { fromNo: no(backup.sinceMs), toNo: no(atMs) };
  const apart = [...(state.apart ?? []).filter(({ toNo }) => toNo > foldedTo), range].slice(-APART_KEPT);
  return { ...state, backup: null, apart };
}

/** Whether a block holds traffic of the backup model, which is neither arm. */
export function isApart({ apart = [] }: RolloutState, no: number): boolean {
  return apart.some(({ fromNo, toNo }) => fromNo <= no && no <= toNo);
}

/** Whether an anomaly has just asked for a cycle. */
export function asksForCycle(before: RolloutState | null, after: RolloutState): boolean {
  return (after.cyclesAsked ?? 0) > (before?.cyclesAsked ?? 0);
}

/** Whether an anomaly of this service came when the rollout had ended and its run had not. Older rollouts drop it. */
export function isLate({ phase, plan }: RolloutState, { affectedServices }: Anomaly): boolean {
  const concerns = affectedServices.length === 0 || affectedServices.includes(plan.serviceId);
  return plan.backup !== undefined && phase === 'ended' && concerns;
}

/** Whether what is being written is no longer what is wanted: a way to the backup route, or from it, or a held promotion. */
export function diverts(before: RolloutState, after: RolloutState): boolean {
  if (after.plan.backup === undefined) return false;
  const stage = after.backup?.stage;
  if ((stage === 'wanted' || stage === 'leaving') && before.backup?.stage !== stage) return true;
  return after.phase === 'promoting' && after.held !== null && before.held === null;
}

/** At least three times within a lease. */
function renewalMs({ plan }: RolloutState): number {
  return Math.max(plan.lookMs, Math.floor(plan.leaseMs / 3));
}
