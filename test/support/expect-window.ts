/** Windows held against a count of their own. */
import { expect } from 'vitest';
import type { ArmWindow, Metric } from '../../src/domain/window.ts';
import { countAbove, quantile } from '../../src/math/index.ts';
import type { FeedbackEvent } from '../../src/ports/windows.ts';

/** Values of a metric in a set of events: the independent way to count. */
const READ: Readonly<Record<Metric, (event: FeedbackEvent) => number | null>> = {
  quality: (event) => event.data.quality,
  error: (event) => Number(event.data.error),
  latencyMs: (event) => event.data.latency_ms,
  costUsd: (event) => event.data.cost_usd,
  inputTokens: (event) => event.data.input_tokens,
  outputTokens: (event) => event.data.output_tokens,
};

/** Holds a window against the observations that it should have counted, one by one. */
export function expectSame(window: ArmWindow, events: readonly FeedbackEvent[]): void {
  for (const metric of Object.keys(READ) as Metric[]) {
    const values = events.flatMap((event) => READ[metric](event) ?? []).sort((a, b) => a - b);
    const stats = window[metric];
    expect([metric, stats?.count ?? 0]).toEqual([metric, values.length]);
    if (!stats) continue;
    expect(stats.sum).toBeCloseTo(
      values.reduce((a, b) => a + b, 0),
      6,
    );
    const squares = values.reduce((a, b) => a + b * b, 0);
    expect(Math.abs(stats.sumOfSquares - squares)).toBeLessThanOrEqual(1e-9 * Math.max(1, squares));
    expect([stats.min, stats.max]).toEqual([values[0], values.at(-1)]);
    expect(stats.sketch === null).toBe(metric !== 'latencyMs' && metric !== 'costUsd');
    if (stats.sketch === null) continue;
    const exact = values[Math.floor((values.length - 1) * 0.95)] ?? 0;
    expect(Math.abs((quantile(stats.sketch, 0.95) ?? 0) - exact)).toBeLessThanOrEqual(0.01001 * exact);
    expect(countAbove(stats.sketch, 0)).toBe(values.filter((value) => value > 0).length);
  }
}
