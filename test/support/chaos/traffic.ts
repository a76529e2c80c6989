/**
 * The traffic of a story, the same in every run: whole seconds of requests, each written to ingest's store once a look has found what comes before it.
 * So what a step is judged on never depends on when a look came, or on how long a process was away.
 */
import { feedbackEvent } from '../feedback.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';

export const STEPS = [25, 50, 100] as const;

/** Requests of one second, and what the last look must have found at this step before they come. */
export interface Portion {
  readonly after: 'noData' | 'inconclusive';
  readonly stable: number;
  readonly candidate: number;
  /** Share of the candidate's answers that are good; of the stable arm's it is always four in five. */
  readonly quality: number;
}

/** Split as the weight asks, and enough to prove the step at once. */
const HEALTHY: readonly (readonly Portion[])[] = [
  [{ after: 'noData', stable: 600, candidate: 200, quality: 0.8 }],
  [{ after: 'noData', stable: 300, candidate: 300, quality: 0.8 }],
  [{ after: 'noData', stable: 0, candidate: 300, quality: 0.8 }],
];

/** Too few labels to say anything, then enough to prove harm: its process bets on what it has seen before. */
const HARMFUL: readonly Portion[] = [
  { after: 'noData', stable: 80, candidate: 80, quality: 0.1 },
  { after: 'inconclusive', stable: 400, candidate: 400, quality: 0.1 },
];

/** What a step gets, in order. */
export const portionsOf = (stepIndex: number, harmful: boolean): readonly Portion[] =>
  harmful ? HARMFUL : (HEALTHY[stepIndex] ?? []);

/** The candidate's generation: the second one, as every service of a trial has one change. */
const GENERATION = 2;

/** Seconds of one service, each used once: what keeps a look fresh never falls into a second that decides. */
export class Seconds {
  #lastMs = 0;

  /** A second that is still to come, so that it is whole when it is folded; the one after it is its own too. */
  next(nowMs: number): number {
    const secondMs = Math.max((Math.floor(nowMs / 1_000) + 1) * 1_000, this.#lastMs + 1_000);
    this.#lastMs = secondMs + 1_000;
    return secondMs;
  }
}

/** `count` requests of one arm over the second, their outcomes as even as the rate allows: counts are exact. */
function requests(
  id: string,
  serviceId: string,
  {
    arm,
    count,
    fromMs,
    spanMs,
    quality,
  }: {
    readonly arm: 'stable' | 'candidate';
    readonly count: number;
    readonly fromMs: number;
    readonly spanMs: number;
    readonly quality: number;
  },
): FeedbackEvent[] {
  return Array.from({ length: count }, (_, i) =>
    feedbackEvent(`${serviceId}-${id}-${arm}-${i}`, {
      service: serviceId,
      arm,
      generation: arm === 'stable' ? 1 : GENERATION,
      timestamp: new Date(fromMs + Math.floor((i * spanMs) / count)).toISOString(),
      quality: Math.floor((i + 1) * quality) > Math.floor(i * quality) ? 1 : 0,
      latency_ms: 800 * (0.5 + ((i * 37) % 100) / 100),
      cost_usd: 0.002 * (0.5 + ((i * 61) % 100) / 100),
    }),
  );
}

/** What admission needs: labels of the stable configuration in the minute before. */
export const baseline = (serviceId: string, nowMs: number): FeedbackEvent[] =>
  requests('baseline', serviceId, {
    arm: 'stable',
    count: 400,
    fromMs: nowMs - 60_000,
    spanMs: 59_000,
    quality: 0.8,
  });

/**
 * A portion of a step's requests, all within one second, and a single one in the second after it: a split is judged by what comes after the traffic
 * has moved.
 */
export function portionEvents(
  serviceId: string,
  id: string,
  stepIndex: number,
  { stable, candidate, quality }: Portion,
  fromMs: number,
): FeedbackEvent[] {
  const at = { fromMs, spanMs: 1_000 };
  return [
    ...requests(id, serviceId, { ...at, arm: 'stable', count: stable, quality: 0.8 }),
    ...requests(id, serviceId, { ...at, arm: 'candidate', count: candidate, quality }),
    keptFresh(serviceId, `${id}-after`, stepIndex, fromMs + 1_000),
  ];
}

/**
 * One request of one arm, for a look that came so late that the deciding second is no longer fresh. A second that lacks an arm adds nothing to any
 * guardrail, so the evidence stays what it was. It is labelled, since requests do not make up for labels that have stopped; and of the stable arm while
 * there is one, since the rollout may have left the step by then, and where only the candidate is left a label of it would be judged.
 */
export const keptFresh = (serviceId: string, id: string, stepIndex: number, atMs: number): FeedbackEvent =>
  feedbackEvent(`${serviceId}-${id}`, {
    service: serviceId,
    arm: STEPS[stepIndex] === 100 ? 'candidate' : 'stable',
    generation: STEPS[stepIndex] === 100 ? GENERATION : 1,
    timestamp: new Date(atMs).toISOString(),
    quality: 1,
  });
