/**
 * What experiments have taught: how often each way of changing a service helped, per kind of task. Outcomes are kept one by one (a store
 * keeps them under the experiment and its variant, so that none counts twice); what they amount to is computed here, at a given time.
 */
import type { TaskType } from '../../domain/task-type.ts';

/** What was tried: a way to change prompts, or a parameter setting. */
export type LearnedWhat = 'prompts' | 'parameters';

/** `won`: it became the service's configuration, or was proven to deserve it. `lost`: proven worse, or harmful. `undecided`: neither. */
export type LearnedResult = 'won' | 'lost' | 'undecided';

/** One variant of one experiment that was concluded. */
export interface LearnedOutcome {
  readonly serviceId: string;
  /** Workflow id and run, or any other name that no second experiment has. */
  readonly experiment: string;
  readonly variant: string;
  readonly what: LearnedWhat;
  /** Id of the generator, or the setting in canonical form. */
  readonly origin: string;
  readonly taskType: TaskType;
  readonly result: LearnedResult;
  /** Variant - control on the primary metric, null where nothing was observed. */
  readonly effect: number | null;
  readonly atMs: number;
}

export interface LearnedOptions {
  /** After so long an outcome counts half: models and traffic change. */
  readonly halfLifeMs: number;
}

const DAY_MS = 86_400_000;
export const LEARNED_OPTIONS: LearnedOptions = { halfLifeMs: 90 * DAY_MS };

/** An undecided experiment has cost its traffic and helped nobody, but has not shown that nothing is there. */
const UNDECIDED_LOSS = 0.5;

/** What is known of one origin for one kind of task. `wins` and `losses` are faded; `alpha` and `beta` are of the Beta posterior. */
export interface Learned {
  readonly won: number;
  readonly lost: number;
  readonly undecided: number;
  readonly alpha: number;
  readonly beta: number;
  /** Chance that it helps: the posterior mean, .5 where nothing is known. */
  readonly chance: number;
}

export const NOTHING_LEARNED: Learned = { won: 0, lost: 0, undecided: 0, alpha: 1, beta: 1, chance: 0.5 };

/** Folds the outcomes of one origin. Those of after `nowMs` are taken as of now. Prior Beta(1, 1). */
export function learnedFrom(
  outcomes: readonly LearnedOutcome[],
  nowMs: number,
  { halfLifeMs }: LearnedOptions = LEARNED_OPTIONS,
): Learned {
  let [alpha, beta] = [1, 1];
  for (const { result, atMs } of outcomes) {
    const weight = 0.5 ** (Math.max(0, nowMs - atMs) / halfLifeMs);
    if (result === 'won') alpha += weight;
    else beta += result === 'lost' ? weight : UNDECIDED_LOSS * weight;
  }
  const count = (result: LearnedResult) => outcomes.filter((each) => each.result === result).length;
  return {
    won: count('won'),
    lost: count('lost'),
    undecided: count('undecided'),
    alpha,
    beta,
    chance: alpha / (alpha + beta),
  };
}

/** Waiting times after failures: the first, doubled by each further one in a row, up to the last. */
export interface RetryOptions {
  readonly firstMs: number;
  readonly mostMs: number;
}

export const RETRY_OPTIONS: RetryOptions = { firstMs: 7 * DAY_MS, mostMs: 365 * DAY_MS };

/**
 * When an origin may be tried again at a service: at once after a win or when it was never tried, else after a wait that doubles
 * with each failure since the last win. `outcomes` are the service's own.
 */
export function dueAtMs(
  outcomes: readonly LearnedOutcome[],
  { firstMs, mostMs }: RetryOptions = RETRY_OPTIONS,
): number | null {
  const sorted = outcomes.toSorted((a, b) => a.atMs - b.atMs);
  const failures = sorted.length - 1 - sorted.findLastIndex(({ result }) => result === 'won');
  const last = sorted.at(-1);
  if (last === undefined || failures === 0) return null;
  return last.atMs + Math.min(mostMs, firstMs * 2 ** (failures - 1));
}
