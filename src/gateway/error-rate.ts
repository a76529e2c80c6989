/**
 * Errors of a candidate over the last minute, for deployments that ask the gateway itself to take it back
 * (`rollback_on_error_rate`). Keeps counts per second; time is an argument.
 */
const WINDOW_SECONDS = 60;

/** Fewer requests than this in the window are no rate: one early failure must not end a canary. */
export const MIN_REQUESTS = 20;

export interface ErrorRateWatch {
  /** Counts one request of the candidate with this hash and says whether its error rate is above `maxErrorRate` (0..1). */
  exceeds(request: {
    readonly candidateHash: string;
    readonly failed: boolean;
    readonly maxErrorRate: number;
    readonly nowMs: number;
  }): boolean;
}

interface Second {
  readonly no: number;
  requests: number;
  failures: number;
}

/** A watch over one service. A candidate with another hash starts from nothing. */
export function createErrorRateWatch(): ErrorRateWatch {
  let watched = '';
  let seconds: Second[] = [];
  return {
    exceeds: ({ candidateHash, failed, maxErrorRate, nowMs }) => {
      const no = Math.floor(nowMs / 1000);
      if (candidateHash !== watched) seconds = [];
      watched = candidateHash;
      seconds = seconds.filter((second) => second.no > no - WINDOW_SECONDS && second.no <= no);
      let current = seconds.at(-1);
      if (current?.no !== no) {
        current = { no, requests: 0, failures: 0 };
        seconds.push(current);
      }
      current.requests += 1;
      if (failed) current.failures += 1;
      const requests = seconds.reduce((sum, second) => sum + second.requests, 0);
      const failures = seconds.reduce((sum, second) => sum + second.failures, 0);
      return requests >= MIN_REQUESTS && failures / requests > maxErrorRate;
    },
  };
}
