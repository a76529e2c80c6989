/**
 * Judges a recorded decision again: the recorded evidence, by the recorded limits, with the judging code of this program, and compares
 * with the recorded verdict bit for bit. Reads no clock, no data but the record, and changes nothing.
 */
import { CODE_VERSION, SHADOW_CODE_VERSION } from '../../../activities/code-version.ts';
import {
  judgeAbsolute,
  judgeShadow,
  judgeStep,
  readShadowEvidence,
  type AbsoluteLimits,
  type FullVerdict,
  type RolloutEvidence,
} from '../../analysis/index.ts';
import { isUntouched, type HashText } from '../../decision/index.ts';
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { DecisionRecord } from '../../ports/stores.ts';
import { differencesOf } from './json-differences.ts';
import { rejudgeExperiment } from './rejudge-experiment.ts';
import type { Rejudgement } from './rejudgement.ts';

export type { Rejudgement };

interface Limits {
  readonly guardrails: readonly GuardrailSpec[];
  readonly constraints?: AbsoluteLimits;
  readonly steps: readonly number[];
  readonly stepIndex: number;
  readonly minSamples: number;
}

/** What the pairs of a shadow are judged by. */
interface ShadowLimits {
  readonly guardrails: readonly GuardrailSpec[];
  readonly minPairs: number;
}

interface Basis {
  readonly evidence: RolloutEvidence;
  readonly limits: Limits | ShadowLimits;
  readonly seed: number | null;
  readonly codeVersion: string;
  readonly hash: string;
  readonly verdict: Readonly<Record<string, unknown>>;
}

export function rejudge(decision: DecisionRecord, hash: HashText): Rejudgement {
  const basis = basisOf(decision.detail);
  if (decision.kind === 'experiment') return rejudgeExperiment(decision, hash);
  const now = decision.kind === 'shadow' ? SHADOW_CODE_VERSION : CODE_VERSION;
  const codeVersion = { recorded: basis?.codeVersion ?? 'unknown', now };
  if (!basis) {
    const why = `a decision of kind ${decision.kind} keeps no evidence and limits: only the kinds verdict, shadow and experiment do`;
    return { kind: 'unjudgeable', codeVersion, why };
  }
  if (decision.hash !== basis.hash || !isUntouched(basis, hash)) {
    return { kind: 'touched', codeVersion, why: `evidence and limits do not have the hash ${decision.hash}` };
  }
  const { outcome, reason } = basis.verdict;
  if (decision.outcome !== outcome || decision.reason !== reason) {
    const why = `it is listed as ${decision.outcome} (${decision.reason}), its verdict is ${String(outcome)} (${String(reason)})`;
    return { kind: 'touched', codeVersion, why };
  }
  let judged: FullVerdict;
  try {
    judged = judge(basis);
  } catch (error) {
    const why = `the judging code of now refuses what was recorded: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'unjudgeable', codeVersion, why };
  }
  return compared(basis.verdict, asRecorded(judged, basis.verdict), codeVersion);
}

/** At 100 % there is no control arm left, and absolute limits speak. */
function judge({ evidence, limits }: Basis): FullVerdict {
  if ('minPairs' in limits) return judgeShadow(readShadowEvidence(evidence), limits);
  const { guardrails, constraints = {}, steps, stepIndex, minSamples } = limits;
  return steps[stepIndex] === 100
    ? judgeAbsolute(evidence, { guardrails, constraints, minSamples, stepIndex })
    : judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
}

type Fields = Readonly<Record<string, unknown>>;

function compared(recorded: Fields, judged: Fields, codeVersion: Rejudgement['codeVersion']): Rejudgement {
  const differences = differencesOf(recorded, judged);
  if (differences.length === 0) return { kind: 'same', heldBack: null, codeVersion };
  const reason = recorded['reason'];
  const heldBack = typeof reason === 'string' && reason.startsWith('stale: ') ? reason : null;
  if (heldBack !== null && recorded['outcome'] === 'noData' && judged['outcome'] === 'healthy') {
    const { outcome, reason: why } = recorded;
    const others = differencesOf(recorded, { ...judged, outcome, reason: why });
    if (others.length === 0) return { kind: 'same', heldBack, codeVersion };
  }
  const kind = codeVersion.recorded === codeVersion.now ? 'differs' : 'otherRules';
  return { kind, differences, codeVersion };
}

/** Fields that verdicts of earlier versions did not tell yet: what was not recorded is not compared. */
const TOLD_LATER = {
  verdict: ['decidedBy', 'observed', 'limit', 'labelsNeeded'],
  guardrail: ['unit'],
} as const;

function asRecorded(judged: FullVerdict, recorded: Fields): Fields {
  const known: unknown = recorded['guardrails'];
  const before: readonly unknown[] = Array.isArray(known) ? known : [];
  return {
    ...withoutUntold({ ...judged }, recorded, TOLD_LATER.verdict),
    guardrails: judged.guardrails.map((each, i) => {
      const then = before[i];
      return isObject(then) ? withoutUntold({ ...each }, then, TOLD_LATER.guardrail) : each;
    }),
  };
}

function withoutUntold(fields: Fields, recorded: Fields, later: readonly string[]): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([key]) => key in recorded || !later.includes(key)),
  );
}

function basisOf(detail: unknown): Basis | null {
  if (!isObject(detail)) return null;
  const { evidence, limits, codeVersion, hash, verdict, seed } = detail;
  const whole =
    isObject(evidence) &&
    isObject(limits) &&
    (Array.isArray(limits['steps']) || typeof limits['minPairs'] === 'number') &&
    Array.isArray(limits['guardrails']) &&
    typeof codeVersion === 'string' &&
    typeof hash === 'string' &&
    isObject(verdict) &&
    (seed === null || typeof seed === 'number');
  return whole ? (detail as Fields & Basis) : null;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
