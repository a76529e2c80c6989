/** The arms that an input asks for, and what speaks against them. Changes nothing; sizes and judges nothing. */
import { applyChange, problemsOfSettings, sameConfiguration, type Change } from '../../src/domain/change.ts';
import type { ExperimentInput } from '../../src/domain/experiment.ts';
import type { Problem } from '../../src/domain/failure.ts';
import type { Configuration } from '../../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../../src/domain/service-settings.ts';
import type { Capabilities } from '../../src/ports/orchestrator.ts';

/** What a control that nobody names is called. */
const CONTROL = 'control';

/** Shares that were typed need not sum to 1 to the last bit. */
const ROUNDING = 1e-6;

/** One arm; `change` is null for the control. */
export interface AskedArm {
  readonly id: string;
  readonly change: Change | null;
  readonly body: Configuration;
  /** Where the input names it, null for a control that it does not name. */
  readonly field: string | null;
}

/** The control first, then the others as they were typed. */
export function armsOf({ variants }: ExperimentInput, stable: Configuration): readonly AskedArm[] {
  const asked = variants.map(({ id, change }, i): AskedArm => ({
    id,
    change: change ?? null,
    body: change ? applyChange(stable, change) : stable,
    field: `variants[${i}]`,
  }));
  const control = asked.find(({ change }) => change === null);
  const others = asked.filter((arm) => arm !== control);
  return [control ?? { id: CONTROL, change: null, body: stable, field: null }, ...others];
}

/** Every problem of the arms and of how traffic is shared among them, by field. */
export function problemsOfArms(
  input: ExperimentInput,
  settings: ServiceSettings,
  arms: readonly AskedArm[],
  capabilities: Capabilities,
): readonly Problem[] {
  return [
    ...problemsOfNames(input, arms),
    ...problemsOfChanges(settings, arms),
    ...problemsOfShares(input, settings, arms),
    ...problemsOfRamp(input),
    ...problemsOfDriver(settings, arms, capabilities),
  ];
}

function problemsOfNames({ variants }: ExperimentInput, arms: readonly AskedArm[]): readonly Problem[] {
  const problems: Problem[] = [];
  const ids = arms.map(({ id }) => id);
  arms.forEach(({ id, field }, i) => {
    if (ids.indexOf(id) !== i || (field === null && ids.lastIndexOf(id) !== i))
      problems.push({
        field: field === null ? 'variants' : `${field}.id`,
        value: id,
        expected: 'each id once',
      });
  });
  const unchanged = variants.flatMap(({ change }, i) => (change ? [] : [i]));
  for (const i of unchanged.slice(1)) {
    problems.push({
      field: `variants[${i}].change`,
      value: undefined,
      expected: `a change: variants[${unchanged[0] ?? 0}] is the control, and there is one`,
    });
  }
  if (arms.length < 2)
    problems.push({ field: 'variants', value: ids, expected: 'at least one that changes something' });
  if (arms.length > 10)
    problems.push({
      field: 'variants',
      value: ids.length,
      expected: 'at most 10 arms, the control included',
    });
  return problems;
}

function problemsOfChanges(settings: ServiceSettings, arms: readonly AskedArm[]): readonly Problem[] {
  return arms.flatMap(({ change, body, field }, i) => {
    if (change === null || field === null) return [];
    const ofSettings = problemsOfSettings(change, settings.targets).map((problem) => ({
      ...problem,
      field: `${field}.${problem.field}`,
    }));
    const same = arms.slice(0, i).find((other) => sameConfiguration(other.body, body));
    if (!same) return ofSettings;
    const like = same.change === null ? 'what is live' : `${same.id}, which is the same`;
    return [
      ...ofSettings,
      { field: `${field}.change`, value: change, expected: `something that differs from ${like}` },
    ];
  });
}

function problemsOfShares(
  { weights, floor, forced, allocation, caps }: ExperimentInput,
  { experiment }: ServiceSettings,
  arms: readonly AskedArm[],
): readonly Problem[] {
  const problems: Problem[] = [];
  const ids = arms.map(({ id }) => id);
  const known = `one of the arms: ${ids.join(', ')}`;
  for (const id of Object.keys(weights ?? {})) {
    if (!ids.includes(id)) problems.push({ field: `weights.${id}`, value: weights?.[id], expected: known });
  }
  if (weights) {
    for (const id of ids) {
      const weight = weights[id] ?? 0;
      if (!(weight > 0))
        problems.push({
          field: `weights.${id}`,
          value: weights[id],
          expected: 'more than 0: every arm takes part',
        });
    }
    const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
    if (Math.abs(sum - 1) > ROUNDING)
      problems.push({ field: 'weights', value: weights, expected: `weights that sum to 1, not ${sum}` });
  }
  for (const [unit, arm] of Object.entries(forced ?? {})) {
    if (!ids.includes(arm)) problems.push({ field: `forced.${unit}`, value: arm, expected: known });
  }
  const kind = allocation ?? experiment.allocation;
  if (caps && kind !== 'elimination')
    problems.push({ field: 'caps', value: caps, expected: `none with allocation ${kind}` });
  for (const [id, cap] of Object.entries(caps ?? {})) {
    const weight = weights?.[id] ?? 1 / ids.length;
    if (!ids.slice(1).includes(id))
      problems.push({ field: `caps.${id}`, value: cap, expected: `a variant: ${ids.slice(1).join(', ')}` });
    else if (cap < weight - ROUNDING)
      problems.push({ field: `caps.${id}`, value: cap, expected: `at least its weight, ${weight}` });
  }
  const least = floor ?? experiment.floor;
  if ((kind === 'thompson' || kind === 't3c') && least * arms.length > 1) {
    problems.push({
      field: 'floor',
      value: least,
      expected: `at most ${(1 / arms.length).toFixed(2)}, as each of ${arms.length} arms keeps it`,
    });
  }
  return problems;
}

function problemsOfRamp({ ramp, rampEvery }: ExperimentInput): readonly Problem[] {
  const problems = (ramp ?? []).flatMap((pct, i) => {
    const before = ramp?.[i - 1] ?? 0;
    return pct > before
      ? []
      : [{ field: `ramp[${i}]`, value: pct, expected: `more than ${before} (a ramp rises)` }];
  });
  if ((ramp?.length ?? 0) > 1 && rampEvery === undefined)
    return [
      ...problems,
      { field: 'rampEvery', value: undefined, expected: 'how long each step of the ramp lasts' },
    ];
  return problems;
}

function problemsOfDriver(
  { orchestrator }: ServiceSettings,
  arms: readonly AskedArm[],
  { experimentArms = 0 }: Capabilities,
): readonly Problem[] {
  if (experimentArms >= arms.length) return [];
  const { driver } = orchestrator;
  const expected =
    experimentArms === 0
      ? `a gateway that serves experiments: ${driver} does not; a rollout tries one change`
      : `at most ${experimentArms} arms, the control included: that is what ${driver} serves`;
  return [
    {
      field: experimentArms === 0 ? 'orchestrator.driver' : 'variants',
      value: experimentArms === 0 ? driver : arms.length,
      expected,
    },
  ];
}
