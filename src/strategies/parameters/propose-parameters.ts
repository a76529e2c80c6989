/**
 * Which settings of temperature, top-p, top-k, token limit and penalties are worth an experiment now. A Latin hypercube spreads them over the ranges
 * of the service; the mode says how much of it lies near what is known to be good. It draws by its seed alone and starts nothing.
 */
import { spreadConfigurations } from '../../decision/index.ts';
import type { Change } from '../../domain/change.ts';
import type { ParameterName, ParameterRanges } from '../../domain/parameter.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { TaskType, TuningMode } from '../../domain/task-type.ts';
import { randomFromSeed, type Random } from '../../math/index.ts';
import { dueAtMs, learnedFrom, type LearnedOutcome } from '../learning/learned.ts';
import { settingKey } from '../learning/setting-key.ts';
import { around, clamped, rounded, settingIn, spaceOf } from './space.ts';
import { TASK_DEFAULTS, type Setting } from './task-defaults.ts';
import { openingWeights, type ArmWeights } from './weights.ts';

export interface ParameterQuestion {
  readonly serviceId: string;
  readonly taskType: TaskType;
  readonly mode: TuningMode;
  readonly ranges: ParameterRanges;
  /** The stable configuration. */
  readonly current: Configuration;
  /** Most of the traffic, in per cent, for a setting that nobody has tried here. */
  readonly untriedPct: number;
  /** Outcomes of all services for parameters. */
  readonly learned: readonly LearnedOutcome[];
  readonly nowMs: number;
  readonly seed: number;
}

export interface ProposedSetting {
  readonly id: string;
  readonly change: Change;
  readonly why: string;
  /** Whether this service has had it in an experiment before, and was not made worse by it. */
  readonly isTried: boolean;
}

export type ParameterProposal =
  | {
      readonly kind: 'proposal';
      readonly settings: readonly ProposedSetting[];
      /** Shares of the arms, the control's included; they sum to 1. */
      readonly weights: ArmWeights;
    }
  | { readonly kind: 'exhausted'; readonly reason: string; readonly nextMs: number | null };

/** How many settings are tried at once, and how many of them near the best known one. */
const MODES: Readonly<Record<TuningMode, { readonly settings: number; readonly near: number }>> = {
  explore: { settings: 4, near: 0 },
  balanced: { settings: 3, near: 1 },
  exploit: { settings: 2, near: 2 },
};
/** Width of "near", as a share of the range. */
const NEAR = 0.3;
/** A space of few whole numbers may repeat itself; then it is asked again so many times. */
const DESIGNS = 8;

export const CONTROL = 'control';

/** Deterministic in its arguments. @throws RangeError naming `seed` or `untriedPct` (above 0, at most 50). */
export function proposeParameters(question: ParameterQuestion): ParameterProposal {
  const { ranges, nowMs, mode, current } = question;
  if (!(question.untriedPct > 0 && question.untriedPct <= 50)) {
    throw new RangeError(`untriedPct must be above 0, at most 50, got ${question.untriedPct}`);
  }
  const space = spaceOf(ranges);
  const exhausted = (reason: string, nextMs: number | null = null) => ({
    kind: 'exhausted' as const,
    reason,
    nextMs,
  });
  if (space.length === 0) {
    return exhausted('no parameter has a range to be tuned in (candidates.parameters)');
  }
  const at = dueAtMs(experimentsHere(question));
  if (at !== null && at > nowMs) {
    const due = new Date(at).toISOString();
    return exhausted(
      `the last settings that were tried here did not help; the next ones are due at ${due}`,
      at,
    );
  }
  const random = randomFromSeed(question.seed);
  const { settings: wanted, near } = MODES[mode];
  const centre = bestKnown(question) ?? settingIn(current, ranges);
  const picked = new Picked(question);
  if (mode !== 'explore') {
    picked.take(
      clamped(TASK_DEFAULTS[question.taskType], ranges),
      1,
      `where to begin for ${question.taskType}`,
    );
  }
  picked.spread(around(centre, ranges, NEAR), near, random, 'near the best setting known');
  picked.spread(ranges, wanted - picked.settings.length, random, 'spread over the ranges of the service');
  const settings = picked.settings.slice(0, wanted);
  if (settings.length === 0)
    return exhausted('every setting in the ranges of the service is what is served now, or did not help');
  return { kind: 'proposal', settings, weights: openingWeights(CONTROL, settings, question.untriedPct) };
}

/** Collects settings that differ from what is served, from each other, and from what failed here lately. */
class Picked {
  readonly settings: ProposedSetting[] = [];
  private readonly question: ParameterQuestion;

  constructor(question: ParameterQuestion) {
    this.question = question;
  }

  take(setting: Setting, most: number, why: string): void {
    if (most <= 0) return;
    const { current, ranges, nowMs } = this.question;
    const served = settingIn(current, ranges);
    const change = Object.fromEntries(
      Object.entries(setting).filter(([name, value]) => served[name as ParameterName] !== value),
    ) as Change;
    const key = settingKey(change);
    if (key === null || this.settings.some((each) => settingKey(each.change) === key)) return;
    const here = ofSetting(this.question, key);
    const due = dueAtMs(here);
    if (due !== null && due > nowMs) return;
    const isTried = here.length > 0 && here.every(({ result }) => result !== 'lost');
    this.settings.push({ id: `p${this.settings.length + 1}`, change, why, isTried });
  }

  /** At most `most` points of a Latin hypercube over the ranges. */
  spread(ranges: ParameterRanges, most: number, random: Random, why: string): void {
    const space = spaceOf(ranges);
    if (space.length === 0) return;
    const end = this.settings.length + most;
    for (let design = 0; design < DESIGNS && this.settings.length < end; design++) {
      for (const point of spreadConfigurations(space, most, random)) {
        if (this.settings.length >= end) break;
        const setting = Object.fromEntries(
          Object.entries(point).map(([name, value]) => {
            const parameter = name as ParameterName;
            return [
              parameter,
              rounded(parameter, Number(value), ranges[parameter] ?? [Number(value), Number(value)]),
            ];
          }),
        );
        this.take(setting, 1, why);
      }
    }
  }
}

const ofSetting = ({ learned, serviceId }: ParameterQuestion, key: string): readonly LearnedOutcome[] =>
  learned.filter((each) => each.what === 'parameters' && each.serviceId === serviceId && each.origin === key);

/** One outcome per experiment of this service: won when any setting won, so that the waits grow with experiments and not with arms. */
function experimentsHere({ learned, serviceId }: ParameterQuestion): readonly LearnedOutcome[] {
  const byExperiment = new Map<string, LearnedOutcome>();
  for (const each of learned.filter(({ what, serviceId: id }) => what === 'parameters' && id === serviceId)) {
    const known = byExperiment.get(each.experiment);
    if (known === undefined || each.result === 'won') byExperiment.set(each.experiment, each);
  }
  return [...byExperiment.values()];
}

/** The setting that most probably helps services of this kind, by what was learned; null while none has ever won. */
function bestKnown(question: ParameterQuestion): Setting | null {
  const { learned, taskType, nowMs, ranges } = question;
  const ofKind = learned.filter(({ what, taskType: kind }) => what === 'parameters' && kind === taskType);
  const won = [...new Set(ofKind.filter(({ result }) => result === 'won').map(({ origin }) => origin))];
  const best = won
    .map((origin) => ({
      origin,
      chance: learnedFrom(
        ofKind.filter((each) => each.origin === origin),
        nowMs,
      ).chance,
    }))
    .toSorted((a, b) => b.chance - a.chance || (a.origin < b.origin ? -1 : 1))[0];
  if (best === undefined) return null;
  const setting = clamped(
    Object.fromEntries(
      best.origin
        .split(' ')
        .map((part) => part.split('='))
        .map(([name = '', value]) => [name, Number(value)]),
    ),
    ranges,
  );
  return Object.keys(setting).length === 0 ? null : setting;
}
