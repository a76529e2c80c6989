/**
 * Requests as they come: Poisson at a rate, each a unit of its own or from one of many users, some of whom come again and again with the same few
 * questions. Assigns each to an arm by the share that the gateway serves, a user always by the same position. Draws only.
 */
import type { RecordedAnswers } from './recorded-answers.ts';
import type { Observation } from './memory-windows.ts';

/** Users that return: activity is log-normal, so a few of them send much of the traffic. */
export interface Users {
  readonly count: number;
  /** Standard deviation of the logarithm of a user's activity: at 1.5 a tenth of the users sends some 55 % of the requests. */
  readonly activitySigma: number;
  /** A user asks this many questions over and over: two answers to one user correlate by about 1/questions. */
  readonly questions: number;
}

export interface TrafficSetting {
  readonly answers: RecordedAnswers;
  readonly requestsPerSecond: number;
  /** Share of the answers that somebody judges. */
  readonly labelled: number;
  readonly users: Users | null;
  /** Share of hard questions as time goes by; as recorded when left out. */
  readonly hardShareAt?: (atMs: number) => number;
  readonly next: () => number;
}

export interface TrafficSource {
  /** The requests from where it stands until `toMs`, in order. */
  until(toMs: number, shareAt: (atMs: number) => number, receive: (of: Observation) => void): void;
}

const normal = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** A user drawn by activity: by halving over the running sums. */
const drawing = (users: Users, next: () => number): (() => number) => {
  const sums = new Float64Array(users.count);
  let sum = 0;
  for (let i = 0; i < users.count; i++) sums[i] = sum += Math.exp(users.activitySigma * normal(next));
  return () => {
    const wanted = next() * sum;
    let [low, high] = [0, users.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
};

export const trafficFrom = (setting: TrafficSetting, startMs: number): TrafficSource => {
  const { answers, requestsPerSecond, labelled, users, hardShareAt, next } = setting;
  const drawUser = users && drawing(users, next);
  const positions = users && Float64Array.from({ length: users.count }, next);
  const questions = new Map<number, readonly number[]>();
  const questionOf = (user: number): number => {
    let asked = questions.get(user);
    if (!asked) {
      asked = Array.from({ length: users?.questions ?? 1 }, () => answers.query(next));
      questions.set(user, asked);
    }
    return asked[Math.floor(next() * asked.length)]!;
  };
  const gapMs = (): number => (-1_000 * Math.log(1 - next())) / requestsPerSecond;
  let atMs = startMs + gapMs();
  return {
    until: (toMs, shareAt, receive) => {
      for (; atMs < toMs; atMs += gapMs()) {
        const unit = drawUser ? drawUser() : null;
        const position = unit === null ? next() : positions![unit]!;
        const arm = position < shareAt(atMs) ? 'candidate' : 'stable';
        const query = unit === null ? answers.query(next, hardShareAt?.(atMs)) : questionOf(unit);
        receive({ atMs, arm, unit, labelled: next() < labelled, ...answers.answer(arm, query, next) });
      }
    },
  };
};
