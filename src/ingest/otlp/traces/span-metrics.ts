/**
 * What one request to a model adds to the windows. The names are those of the OTLP metrics behind `span.`: whoever sends metrics and spans
 * of the same requests has both, and neither is counted into the other. Pure.
 */
import type { WindowStats } from '../../../domain/window.ts';
import { emptyStats, observe } from '../../../math/index.ts';
import type { ModelRequest } from './gen-ai.ts';

export interface Added {
  readonly metric: string;
  readonly stats: WindowStats;
}

/** Seconds from the start of a span to its end; every span adds one observation. */
export const DURATION = 'span.gen_ai.client.operation.duration';

const one = (value: number, withSketch: boolean): WindowStats => observe(emptyStats({ withSketch }), value);

/** @param seconds 0 or more */
export const durationOf = (seconds: number): Added => ({ metric: DURATION, stats: one(seconds, true) });

/** All but the duration. `error` is 0 or 1, so that its mean is the error rate; a finish reason counts once for each choice. */
export function furtherMetrics(request: ModelRequest): readonly Added[] {
  const added = [{ metric: 'span.gen_ai.client.operation.error', stats: one(request.failed ? 1 : 0, false) }];
  const tokens = { input: request.inputTokens, output: request.outputTokens };
  for (const [type, count] of Object.entries(tokens)) {
    if (count !== null)
      added.push({ metric: `span.gen_ai.client.token.usage{${type}}`, stats: one(count, true) });
  }
  for (const reason of request.finishReasons) {
    added.push({ metric: `span.gen_ai.response.finish_reasons{${reason}}`, stats: one(1, false) });
  }
  for (const [name, value] of Object.entries(request.numbers)) {
    added.push({ metric: `span.${name}`, stats: one(value, false) });
  }
  return added;
}
