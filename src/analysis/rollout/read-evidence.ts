/**
 * Brings evidence that was carried or recorded (workflow state, decision records) into the present form, or says by name what is wrong with it.
 * Version 1 is the only one there is; a later program adds the step from it to the next here. It judges nothing.
 */
import type { RolloutEvidence } from './evidence.ts';
import { shown } from './wording.ts';

/** Checks one value; `at` is where it stands. @throws RangeError or TypeError beginning with `at`. */
type Check = (value: unknown, at: string) => void;

const refuse = (at: string, expected: string, value: unknown): never => {
  throw new RangeError(`${at} must be ${expected}, got ${shown(value)}`);
};

const finite: Check = (value, at) => {
  if (!Number.isFinite(value)) refuse(at, 'a finite number', value);
};
const from0: Check = (value, at) => {
  if (!(Number.isFinite(value) && (value as number) >= 0)) refuse(at, 'a finite number from 0', value);
};
const wholeFrom =
  (least: number): Check =>
  (value, at) => {
    if (!(Number.isSafeInteger(value) && (value as number) >= least)) {
      refuse(at, `a whole number from ${least}`, value);
    }
  };
const whole: Check = (value, at) => {
  if (!Number.isSafeInteger(value)) refuse(at, 'a whole number', value);
};
const level: Check = (value, at) => {
  if (!(typeof value === 'number' && value > 0 && value < 1)) refuse(at, 'between 0 and 1', value);
};
const flag: Check = (value, at) => {
  if (typeof value !== 'boolean') refuse(at, 'true or false', value);
};
const oneOf =
  (...allowed: readonly (string | number)[]): Check =>
  (value, at) => {
    if (!allowed.includes(value as string)) refuse(at, allowed.join(' or '), value);
  };
const orNull =
  (check: Check): Check =>
  (value, at) => {
    if (value !== null) check(value, at);
  };
const orLeftOut =
  (check: Check): Check =>
  (value, at) => {
    if (value !== undefined) check(value, at);
  };
const listOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw new TypeError(`${at} must be a list, got ${shown(value)}`);
    value.forEach((each, i) => check(each, `${at}[${i}]`));
  };
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TypeError(`${at} must be an object, got ${shown(value)}`);
    }
    for (const [name, check] of Object.entries(fields)) {
      check((value as Readonly<Record<string, unknown>>)[name], `${at}.${name}`);
    }
  };

const perArm = (check: Check): Check => record({ stable: check, candidate: check });
const totals = record({ n: from0, sum: from0 });
const moments = record({ n: from0, mean: finite, m2: from0 });
const twoArms = record({ nA: from0, sA: from0, nB: from0, sB: from0, logE: finite, maxLogE: from0 });
const oneArm = record({ n: from0, s: from0, logE: finite, maxLogE: from0 });
const sketch = record({ alpha: level, zeroCount: from0, offset: whole, counts: listOf(from0) });

const restarting = (process: Check): Check =>
  record({
    restart: wholeFrom(1),
    labels: from0,
    step: orNull(finite),
    process,
    endedAbove: flag,
    alarm: orNull(record({ restart: wholeFrom(1), logE: finite, limit: finite })),
  });

const counted = {
  id: oneOf('quality', 'errorRate', 'latencyP95', 'cost'),
  step: perArm(from0),
  totals: perArm(totals),
};
const share = record({
  ...counted,
  rungs: listOf(record({ multiple: from0, process: twoArms })),
  harm: restarting(twoArms),
  longHarm: orLeftOut(record({ process: twoArms, alarm: orNull(record({ logE: finite, limit: finite })) })),
  lateHarm: restarting(twoArms),
  baseline: orNull(restarting(oneArm)),
});
const mean = record({
  ...counted,
  moments: perArm(moments),
  proven: orNull(record({ multiple: from0, logE: finite })),
  alarm: orNull(record({ weightPct: finite, logE: finite, limit: finite })),
});
const guardrail: Check = (value, at) => {
  record({ kind: oneOf('rate', 'tail', 'mean') })(value, at);
  ((value as { readonly kind: string }).kind === 'mean' ? mean : share)(value, at);
};

const version1 = record({
  ladder: listOf(from0),
  alpha: record({ harm: level, late: level, baseline: level }),
  frozen: record({ quality: orNull(finite), errorRate: orNull(finite) }),
  lastBlockNo: orNull(whole),
  lastLateNo: orNull(whole),
  blocks: wholeFrom(0),
  stepIndex: orNull(wholeFrom(0)),
  weightPct: orNull(finite),
  arms: perArm(
    record({
      quality: totals,
      error: totals,
      costUsd: totals,
      costMoments: orLeftOut(moments),
      latencyMs: sketch,
    }),
  ),
  guardrails: listOf(guardrail),
});

/**
 * The evidence in the present form. Evidence that is sound is given back as it is, fields that are not known yet included.
 * @throws RangeError or TypeError naming the field, such as `evidence.guardrails[0].harm.process.logE`; for a version that this program does
 * not know, `evidence.version`.
 */
export const readEvidence = (evidence: unknown): RolloutEvidence => {
  record({})(evidence, 'evidence');
  const { version } = evidence as { readonly version?: unknown };
  if (version !== 1) {
    const older =
      typeof version === 'number' && version > 1 ? ' (this program is older than the evidence)' : '';
    throw new RangeError(`evidence.version must be 1, got ${shown(version)}${older}`);
  }
  version1(evidence, 'evidence');
  return evidence as RolloutEvidence;
};
