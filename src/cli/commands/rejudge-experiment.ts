/**
 * Judges a recorded look at an experiment again: the recorded evidence, nothing new folded in, by the recorded design, and compares with the
 * recorded verdict bit for bit. Reads no clock, no data but the record, and changes nothing.
 */
import { EXPERIMENT_CODE_VERSION } from '../../../activities/code-version.ts';
import {
  isUntouched,
  judgeLook,
  type HashText,
  type Judgement,
  type LookInput,
} from '../../decision/index.ts';
import type { DecisionRecord } from '../../ports/stores.ts';
import { differencesOf } from './json-differences.ts';
import type { Rejudgement } from './rejudgement.ts';

interface Basis {
  readonly evidence: LookInput['state']['evidence'];
  readonly limits: Pick<LookInput, 'plan' | 'weights' | 'expired'> &
    Pick<LookInput['state'], 'totals' | 'providers' | 'foldedToMs' | 'verdict'>;
  readonly seed: number | null;
  readonly codeVersion: string;
  readonly hash: string;
  readonly verdict: Readonly<Record<string, unknown>>;
}

export function rejudgeExperiment(decision: DecisionRecord, hash: HashText): Rejudgement {
  const basis = basisOf(decision.detail);
  const codeVersion = { recorded: basis?.codeVersion ?? 'unknown', now: EXPERIMENT_CODE_VERSION };
  if (!basis) return { kind: 'unjudgeable', codeVersion, why: 'the record keeps no evidence and design' };
  if (decision.hash !== basis.hash || !isUntouched(basis, hash)) {
    return { kind: 'touched', codeVersion, why: `evidence and design do not have the hash ${decision.hash}` };
  }
  const { outcome, reason } = basis.verdict;
  if (decision.outcome !== outcome || decision.reason !== reason) {
    const why = `it is listed as ${decision.outcome} (${decision.reason}), its verdict is ${String(outcome)} (${String(reason)})`;
    return { kind: 'touched', codeVersion, why };
  }
  let judged: Judgement;
  try {
    judged = judge(basis);
  } catch (error) {
    const why = `the judging code of now refuses what was recorded: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'unjudgeable', codeVersion, why };
  }
  const differences = differencesOf(basis.verdict, { ...judged.verdict });
  if (differences.length === 0) return { kind: 'same', heldBack: null, codeVersion };
  const kind = codeVersion.recorded === codeVersion.now ? 'differs' : 'otherRules';
  return { kind, differences, codeVersion };
}

function judge({ evidence, limits }: Basis): Judgement {
  const { plan, weights, expired = false, totals, providers, foldedToMs, verdict = null } = limits;
  return judgeLook({
    plan,
    weights,
    expired,
    windows: [],
    state: { evidence, totals, providers, foldedToMs, verdict },
  });
}

function basisOf(detail: unknown): Basis | null {
  if (!isObject(detail)) return null;
  const { evidence, limits, codeVersion, hash, verdict } = detail;
  const whole =
    isObject(evidence) &&
    isObject(limits) &&
    isObject(limits['plan']) &&
    isObject(limits['totals']) &&
    typeof codeVersion === 'string' &&
    typeof hash === 'string' &&
    isObject(verdict);
  return whole ? (detail as Readonly<Record<string, unknown>> & Basis) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
