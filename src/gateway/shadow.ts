/**
 * Gives a shadow's candidate copies of requests that stable has answered, and tells the emitters of each pair. It never touches what
 * a user gets: a copy starts after the answer, runs beside the traffic in a bounded number, and what does not fit is dropped and counted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { copiedPct, isCopied } from '../contract/index.ts';
import type { ServiceState } from '../contract/index.ts';
import type { Assignment, Emitter, PairOutcome, PairSide } from './emitter.ts';
import { judgedInBothOrders, type PairJudge } from './pair-judge.ts';
import type { Upstream, UpstreamAnswer, UpstreamRequest } from './upstream.ts';

/** What became of the requests that were to be copied, since the gateway started. */
export interface CopyCounts {
  /** Pairs told of. Of them `timedOut`: the candidate did not answer in time, which is an error of its side. */
  pairs: number;
  timedOut: number;
  /** Not copied, because as many copies as may be were under way. */
  dropped: number;
  /** The candidate has no recorded answer: no pair. */
  notRecorded: number;
  /** The copy broke in a way that nobody foresaw, or the gateway closed before it was done: no pair. */
  lost: number;
  /** Pairs whose judge gave no whole answer: told without one. */
  unjudged: number;
}

export interface AnsweredRequest {
  readonly state: ServiceState;
  readonly assignment: Assignment;
  readonly request: Omit<UpstreamRequest, 'configuration' | 'chosen'>;
  readonly answer: Answered;
}

type Answered = UpstreamAnswer & { readonly kind: 'answered' | 'failed' };

export interface Shadow {
  /** Starts a copy when the request is one to be copied. Returns at once; never throws. */
  offer(answered: AnsweredRequest): void;
  counts(): Readonly<CopyCounts>;
  /** Waits a bounded time for the copies under way. */
  close(): Promise<void>;
}

export interface ShadowOptions {
  /** Copies under way at once; 32 by default. */
  readonly maxInFlight?: number;
  /** A candidate that takes longer has failed; 60 s by default. */
  readonly timeoutMs?: number;
  /** How long `close` waits; 5 s by default. */
  readonly closeTimeoutMs?: number;
  /** Compares answers where a service has nobody to grade them. */
  readonly judge?: PairJudge;
}

export function createShadow(
  parts: {
    readonly upstream: Upstream;
    readonly emitters: readonly Emitter[];
    readonly clock: () => number;
    readonly logger: Logger;
  },
  options: ShadowOptions = {},
): Shadow {
  const { upstream, emitters, clock, logger } = parts;
  const { maxInFlight = 32, timeoutMs = 60_000, closeTimeoutMs = 5_000, judge } = options;
  const counts: CopyCounts = { pairs: 0, timedOut: 0, dropped: 0, notRecorded: 0, lost: 0, unjudged: 0 };
  const underWay = new Set<Promise<void>>();
  const now = { closed: false };

  const copy = async ({ state, assignment, request, answer }: AnsweredRequest): Promise<void> => {
    const { candidate } = state;
    if (candidate === null) return;
    const { configuration, generation } = candidate.version;
    const chosen = { arm: 'candidate', generation } as const;
    const got = await withinTime(upstream.complete({ ...request, configuration, chosen }), timeoutMs);
    if (got?.kind === 'notRecorded') {
      counts.notRecorded += 1;
      return;
    }
    if (got === null) counts.timedOut += 1;
    const tooLate = { model: configuration['model'] ?? 'unknown', latencyMs: timeoutMs, costUsd: 0 };
    const judged = judge && got && (await judgedInBothOrders(judge, request.messages, answer, got));
    if (judged === null) counts.unjudged += 1;
    const pair: PairOutcome = {
      serviceId: state.serviceId,
      requestId: request.requestId,
      generation,
      unit: assignment.unit,
      taskType: answer.usage.taskType,
      comparedAtMs: clock(),
      stable: sideOf(answer),
      candidate: got === null ? { ...tooLate, quality: null, failed: true } : sideOf(got),
      ...(judged && { judge: judged }),
    };
    if (now.closed) {
      counts.lost += 1;
      return;
    }
    counts.pairs += 1;
    for (const emitter of emitters) emitter.recordPair?.(pair);
  };

  return {
    offer: (answered) => {
      const { state, request } = answered;
      if (!isCopied(state, request.requestId, copiedPct(state) / 100)) return;
      if (underWay.size >= maxInFlight) {
        counts.dropped += 1;
        return;
      }
      const running = copy(answered)
        .catch((error: unknown) => {
          counts.lost += 1;
          logger.error({ err: error, serviceId: state.serviceId }, 'a copy of a request was lost');
        })
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    counts: () => counts,
    close: async () => {
      await Promise.race([Promise.all(underWay), delay(closeTimeoutMs, undefined, { ref: false })]);
      now.closed = true;
    },
  };
}

/** Null when it takes longer. What comes later is nobody's. */
async function withinTime(
  answer: Promise<UpstreamAnswer>,
  timeoutMs: number,
): Promise<UpstreamAnswer | null> {
  const timer = new AbortController();
  try {
    return await Promise.race([answer, delay(timeoutMs, null, { signal: timer.signal, ref: false })]);
  } finally {
    timer.abort();
    answer.catch(() => undefined);
  }
}

function sideOf(answer: Answered): PairSide {
  const { usage } = answer;
  const failed = answer.kind === 'failed';
  return {
    model: usage.model,
    quality: failed ? null : answer.quality,
    failed,
    latencyMs: usage.latencyMs,
    costUsd: usage.costUsd,
  };
}
