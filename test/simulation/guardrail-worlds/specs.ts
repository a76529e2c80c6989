/** What the guardrails' simulations are made of: latencies, guardrails with their margins, statistics of shares. */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { WindowStats } from '../../../src/domain/window.ts';
import { loadRecordings } from '../../../src/replay/recordings.ts';
import { lognormalTable, recordedTable, type LatencyTable } from '../latency-table.ts';

/** Quality of the stable arm, and of a candidate whose quality is not at issue. */
export const QUALITY = 0.81;

/** What the requests of an arm are like. */
export interface World {
  readonly errorRate: number;
  readonly latency: LatencyTable;
}

export const lognormal = lognormalTable(900, 0.6);
export const narrow = lognormalTable(900, 0.4);
/** The recorded latencies of the hosted models of frontier size: 150 of them, so their tail is a handful of values. */
export const recorded: LatencyTable = recordedTable(
  loadRecordings()
    .latenciesOf('gpt-4o-2024-08-06')
    .filter(({ ok }) => ok)
    .map(({ latencyMs }) => latencyMs),
);

const required = { required: true, frozen: null } as const;
export const relative = (pct: number) => ({ kind: 'relative', pct }) as const;
export const points = (size: number) => ({ kind: 'absolute', points: size }) as const;

export const qualitySpec: GuardrailSpec = {
  ...required,
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: relative(5),
};
export const errors = (margin: GuardrailSpec['margin']): GuardrailSpec => ({
  ...required,
  id: 'errorRate',
  metric: 'error',
  kind: 'rate',
  direction: 'decrease',
  margin,
});
export const tail = ({ p95 }: LatencyTable): GuardrailSpec => ({
  ...required,
  id: 'latencyP95',
  metric: 'latencyMs',
  kind: 'tail',
  direction: 'decrease',
  margin: relative(20),
  frozen: p95,
});

export const shareStats = (count: number, sum: number): WindowStats => ({
  count,
  sum,
  sumOfSquares: sum,
  min: 0,
  max: 1,
  sketch: null,
});
