/**
 * The traffic of the embedded run: real HTTP requests to a gateway's data plane, at the recorded arrival times with the
 * recorded token counts, sped up. Open loop: slow answers delay no arrival. Who asks what is `traffic-mix.ts`'s choice.
 */
import { Pool } from 'undici';
import { ARMS, type Arm } from '../domain/window.ts';
import { createSchedule, trafficRatePerSecond, type Arrival } from './schedule.ts';
import { createTrafficMix } from './traffic-mix.ts';
import { loadArrivals, loadLiveQueryIds } from './recordings.ts';

const TICK_MS = 4;
/** After a stall, arrivals older than this are moved to later instead of being sent in one burst. */
const MAX_LAG_MS = 250;
/** Requests under way beyond which a further one counts as failed unsent: the gateway has stopped answering. */
const MAX_UNDER_WAY = 2_000;
const CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 30_000;
export const DEFAULT_SPEED = 40;

export interface TrafficOptions {
  /** Base address of the gateway. */
  readonly gatewayUrl: string;
  readonly serviceId: string;
  /** Of the choice of queries and users. */
  readonly seed: number;
  /** How many times faster than recorded; 40 by default. */
  readonly speed?: number;
  /** Ends the traffic as `stop` does. */
  readonly signal?: AbortSignal;
  /** Part of every request id, so that ids of two runs differ; the start time by default. */
  readonly runId?: string;
}

export interface TrafficStats {
  readonly sent: number;
  readonly answered: number;
  /** Error answers, no answer, or too many under way. */
  readonly failed: number;
  /** Answered requests per arm, as the gateway's `x-optimizer-arm` says. */
  readonly arms: Readonly<Record<Arm, number>>;
  /** What the schedule asks for on average, requests per second. */
  readonly scheduledPerSecond: number;
  /** Sent per second since the start. */
  readonly sentPerSecond: number;
}

export interface Traffic {
  stats(): TrafficStats;
  /** Sends nothing more and waits for the answers under way, for at most 5 s. */
  stop(): Promise<void>;
}

/** @throws RangeError when `speed` is not above 0 */
export function startTraffic(options: TrafficOptions): Traffic {
  const { gatewayUrl, serviceId, seed, speed = DEFAULT_SPEED, signal } = options;
  const runId = options.runId ?? Date.now().toString(36);
  const arrivals = loadArrivals();
  const schedule = createSchedule(arrivals, { speed, startMs: performance.now(), maxLagMs: MAX_LAG_MS });
  const mix = createTrafficMix({ seed, queryIds: loadLiveQueryIds() });
  const pool = new Pool(gatewayUrl, {
    connections: CONNECTIONS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
  });
  const counts = { sent: 0, answered: 0, failed: 0, arms: { stable: 0, candidate: 0 } };
  const underWay = new Set<Promise<void>>();
  const startedMs = performance.now();
  let endedMs: number | undefined;

  const ask = async (arrival: Arrival, no: number): Promise<void> => {
    const { statusCode, headers, body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'x-request-id': `${runId}-${no}` },
      body: JSON.stringify(mix.next(serviceId, arrival)),
    });
    await body.dump();
    if (statusCode >= 300) throw new Error(`status ${statusCode}`);
    counts.answered += 1;
    const arm = ARMS.find((name) => name === headers['x-optimizer-arm']);
    if (arm !== undefined) counts.arms[arm] += 1;
  };

  const send = (arrival: Arrival): void => {
    counts.sent += 1;
    if (underWay.size >= MAX_UNDER_WAY) {
      counts.failed += 1;
      return;
    }
    const request = ask(arrival, counts.sent)
      .catch(() => {
        counts.failed += 1;
      })
      .finally(() => underWay.delete(request));
    underWay.add(request);
  };

  const timer = setInterval(() => {
    for (const arrival of schedule.due(performance.now())) send(arrival);
  }, TICK_MS);

  const stop = async (): Promise<void> => {
    if (endedMs !== undefined) return;
    endedMs = performance.now();
    clearInterval(timer);
    signal?.removeEventListener('abort', onAbort);
    const end = new Promise((resolve) => setTimeout(resolve, 5_000).unref());
    await Promise.race([Promise.all(underWay), end]);
    await pool.destroy();
  };
  const onAbort = (): void => void stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();

  return {
    stats: () => ({
      ...counts,
      arms: { ...counts.arms },
      scheduledPerSecond: trafficRatePerSecond(arrivals, speed),
      sentPerSecond: counts.sent / (((endedMs ?? performance.now()) - startedMs) / 1000),
    }),
    stop,
  };
}
