/** What becomes of a shadow, what comes next in it, and how far it is. When it is left and when it is taken back is decided in `reduce.ts`. */
import type { ShadowLook } from './shadow-state.ts';
import { approvalEndsMs, logged, type RolloutState } from './state.ts';

export type ShadowAction =
  | { readonly kind: 'wait'; readonly untilMs: number | null }
  | { readonly kind: 'expireApproval' }
  /** Copies this share of the requests to the candidate. */
  | { readonly kind: 'setShadow'; readonly copyPct: number }
  | { readonly kind: 'look' }
  | { readonly kind: 'runOutOfTime' };

/** Whether the gateway copies for this rollout now, as far as is known. */
export const isCopying = (state: RolloutState): boolean =>
  state.phase === 'shadowing' && (state.shadow?.setAtMs ?? null) !== null;

/** Pairs that its required guardrails have at least. */
export const pairsOf = ({ verdict }: Pick<RolloutState, 'verdict'>): number => {
  const counts = (verdict?.guardrails ?? []).filter((g) => g.required).map((g) => g.labels.candidate);
  return counts.length === 0 ? 0 : Math.min(...counts);
};

/**
 * What a shadow does next. One that is paused or held and is not live waits, as a step does; else it is set, which also renews its lease.
 * @param endsAtMs when the whole rollout runs out of time
 */
export const nextShadowAction = (state: RolloutState, nowMs: number, endsAtMs: number): ShadowAction => {
  if (nowMs >= endsAtMs) return { kind: 'runOutOfTime' };
  const askedUntilMs = approvalEndsMs(state);
  if (nowMs >= askedUntilMs) return { kind: 'expireApproval' };
  if (!isCopying(state)) {
    if (state.paused || state.held) return { kind: 'wait', untilMs: Math.min(askedUntilMs, endsAtMs) };
    return { kind: 'setShadow', copyPct: state.plan.shadow?.copyPct ?? 0 };
  }
  const lookAtMs = state.nextLookAtMs ?? nowMs;
  if (nowMs >= lookAtMs) return { kind: 'look' };
  return { kind: 'wait', untilMs: Math.min(lookAtMs, askedUntilMs, endsAtMs) };
};

/** The gateway copies. Evidence of before a lost lease stays: pairs prove the same whenever they were made. */
export function shadowSet(state: RolloutState, atMs: number, leaseExpiresAtMs: number | null): RolloutState {
  if (state.phase !== 'shadowing' || !state.shadow) return state;
  const why = state.looks > 0 ? 'set again' : 'users get the stable answer';
  return logged(
    {
      ...state,
      leaseExpiresAtMs,
      standstill: null,
      nextLookAtMs: atMs + state.plan.lookMs,
      shadow: { ...state.shadow, setAtMs: atMs },
    },
    { atMs, what: `shadow ${state.plan.shadow?.copyPct ?? 0} %`, by: 'optimizer', why },
  );
}

/** The state with what a look has found in it. */
export function shadowSeen(state: RolloutState, look: ShadowLook, nextLookAtMs: number): RolloutState {
  return {
    ...state,
    evidenceHash: look.evidenceHash,
    verdict: look.verdict,
    lookedAtMs: look.atMs,
    leaseExpiresAtMs: look.leaseExpiresAtMs,
    looks: state.looks + 1,
    nextLookAtMs,
    ...(state.shadow && {
      shadow: { ...state.shadow, evidence: look.evidence, foldedTo: look.foldedTo, gates: look.gates },
    }),
  };
}

/** The gateway went back to stable by itself: it is to copy again, and the pairs stay. */
export function shadowLost(state: RolloutState, atMs: number): RolloutState {
  const why = 'the optimizer was away; pairs kept, shadow set again';
  return logged(
    { ...state, ...(state.shadow && { shadow: { ...state.shadow, setAtMs: null } }) },
    { atMs, what: 'lease ran out', by: 'gateway', why },
  );
}

/** The first step begins: its looks judge from nothing, and fold no block of before. */
export function shadowLeft(state: RolloutState, atMs: number, why: string): RolloutState {
  return logged(
    {
      ...state,
      phase: 'applying',
      awaiting: null,
      verdict: null,
      evidenceHash: '',
      nextLookAtMs: null,
      foldedTo: Math.max(state.foldedTo, Math.floor(atMs / state.plan.blockMs)),
      ...(state.shadow && { shadow: { ...state.shadow, leftAtMs: atMs } }),
    },
    { atMs, what: 'shadow left', by: 'optimizer', why },
  );
}
