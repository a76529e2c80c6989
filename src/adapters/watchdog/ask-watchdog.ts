/** What a watchdog answers, over HTTP. It needs no database and no Temporal: evidence of it must not depend on them either. */
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import type { Watchdogs } from '../../ports/watchdogs.ts';
import { createProductApi } from '../marked/index.ts';

/** `GET /v1/watched/{service}` of a watchdog; it validates nothing itself, the one who relies on it does. */
export const watchedSchema = z.object({
  service_id: z.string(),
  age_ms: z.number().min(0).nullable(),
  every_ms: z.number().positive(),
  stable_hash: z.string().nullable(),
  failure: z.string().nullable(),
});

export interface WatchdogsOptions {
  /** For a whole answer; 3 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 3_000;

export const createWatchdogs = ({ timeoutMs = DEFAULT_TIMEOUT_MS }: WatchdogsOptions = {}): Watchdogs => ({
  ask: async (url, serviceId) => {
    const api = createProductApi({
      product: 'the watchdog',
      url,
      authorization: null,
      timeoutMs,
    });
    const path = `/v1/watched/${encodeURIComponent(serviceId)}`;
    const answer = await api.call({ what: `ask for ${serviceId}`, method: 'GET', path }, watchedSchema);
    if (answer.service_id !== serviceId) {
      throw new Failure(
        'OrchestratorUnavailable',
        `ask for ${serviceId}: the watchdog answered for ${answer.service_id}`,
      );
    }
    return {
      ageMs: answer.age_ms,
      everyMs: answer.every_ms,
      stableHash: answer.stable_hash,
      failure: answer.failure,
    };
  },
});
