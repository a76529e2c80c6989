/**
 * What the database must hold, computed from what was sent by nothing of ours but the names: plain sums over maps, in the order in which it was sent. The senders see
 * to it that this is the order of arrival for the events of one unit, and that every value is exact in binary.
 */
import type { FeedbackEvent } from '../../../src/ports/windows.ts';

/** Figures of one row by column; null is a null of the database, and what is left out is not compared. */
export type Figures = Readonly<Record<string, number | null>>;

/** A metric event as it is sent, with the minute of its envelope. */
export interface SentMetric {
  readonly source: string;
  readonly id: string;
  readonly time: string;
  readonly data: {
    readonly metric_name: string;
    readonly value: number;
    readonly attributes: {
      readonly service: string;
      readonly arm: string;
      readonly generation: number;
      readonly task_type?: string;
    };
    readonly aggregation?: {
      readonly count: number;
      readonly sum: number;
      readonly min: number;
      readonly max: number;
    };
  };
}

interface Side {
  readonly model: string;
  readonly quality: number | null;
  readonly error: boolean;
  readonly latency_ms: number;
  readonly cost_usd: number;
}

/** A pair of a shadow as it is sent. */
export interface SentPair {
  readonly source: string;
  readonly id: string;
  readonly data: {
    readonly type: 'shadow_pair';
    readonly id: string;
    readonly timestamp: string;
    readonly request_id: string;
    readonly service: string;
    readonly generation: number;
    readonly unit: FeedbackEvent['data']['unit'];
    readonly task_type: string;
    readonly stable: Side;
    readonly candidate: Side;
    readonly judge?: readonly { readonly order: string; readonly preferred: string }[];
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Metrics with quantiles. */
const WITH_SKETCH = ['latencyMs', 'costUsd'];

const minuteOf = (time: string): number => Math.floor(Date.parse(time) / MINUTE_MS) * MINUTE_MS;

/** One text for an identity that no other one has. */
export const identityOf = (source: string, id: string): string => JSON.stringify([source, id]);

export class Ledger {
  /** By service, start of the minute, arm, generation, metric and task type. */
  readonly #windows = new Map<string, Record<string, number | null>>();
  /** By service, generation and metric: their windows are of arrival, which nobody knows before. */
  readonly #pairs = new Map<string, Record<string, number>>();
  readonly #events = new Set<string>();
  readonly #exposed = new Set<string>();
  readonly #labelled = new Set<string>();
  readonly #paired = new Set<string>();
  readonly alerts = new Set<string>();
  /** Alerts of the service whose rollout runs: security alerts, and others. */
  readonly alarms = { security: 0, other: 0 };

  feedback({ source, id, data }: FeedbackEvent): void {
    if (!this.#isNew(source, id)) return;
    const minute = minuteOf(data.timestamp);
    const values: Record<string, number> = {
      error: data.error ? 1 : 0,
      latencyMs: data.latency_ms,
      costUsd: data.cost_usd,
      inputTokens: data.input_tokens,
      outputTokens: data.output_tokens,
    };
    const hour = Math.floor(minute / HOUR_MS);
    const unit = JSON.stringify([data.service, data.generation, hour, data.unit.kind, data.unit.id]);
    const alone = data.unit.kind === 'request';
    const exposure = alone || takes(this.#exposed, unit);
    const label = data.quality !== null && (alone || takes(this.#labelled, unit));
    if (data.quality !== null) values['quality'] = data.quality;
    for (const [metric, value] of Object.entries(values)) {
      const key = [data.service, minute, data.arm, data.generation, metric, data.task_type];
      const cell = this.#window(key, WITH_SKETCH.includes(metric));
      observe(cell, '', value);
      if (metric === 'quality' ? label : exposure) observe(cell, 'first_', value);
    }
  }

  /** The sum of squares of an aggregation is an estimate, of which the least and the greatest possible are known: it is not compared. */
  metric({ source, id, time, data }: SentMetric): void {
    if (!this.#isNew(source, id)) return;
    const { service, arm, generation, task_type = 'all' } = data.attributes;
    const cell = this.#window([service, minuteOf(time), arm, generation, data.metric_name, task_type], false);
    const { count, sum, min, max } = data.aggregation ?? {
      count: 1,
      sum: data.value,
      min: data.value,
      max: data.value,
    };
    cell['count'] = (cell['count'] ?? 0) + count;
    cell['sum'] = (cell['sum'] ?? 0) + sum;
    cell['min'] = Math.min(cell['min'] ?? Infinity, min);
    cell['max'] = Math.max(cell['max'] ?? -Infinity, max);
    if (data.aggregation) delete cell['sum_of_squares'];
    else if (cell['sum_of_squares'] !== undefined)
      cell['sum_of_squares'] = (cell['sum_of_squares'] ?? 0) + data.value * data.value;
  }

  pair({ source, id, data }: SentPair): void {
    if (!this.#isNew(source, id)) return;
    const { service, generation, unit, stable, candidate, judge } = data;
    const whose = JSON.stringify([service, generation, unit.kind, unit.id]);
    if (unit.kind !== 'request' && !takes(this.#paired, whose)) return;
    const add = (metric: string, s: number, c: number, disagreed = 0): void => {
      const key = [service, generation, metric].join('|');
      const sums = this.#pairs.get(key) ?? {};
      this.#pairs.set(key, sums);
      const more = {
        pairs: 1,
        stable_sum: s,
        candidate_sum: c,
        stable_squares: s * s,
        candidate_squares: c * c,
        products: s * c,
        greater: c > s ? 1 : 0,
        smaller: c < s ? 1 : 0,
        disagreed,
      };
      for (const [name, value] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + value;
    };
    add('error', stable.error ? 1 : 0, candidate.error ? 1 : 0);
    add('costUsd', stable.cost_usd, candidate.cost_usd);
    if (stable.quality !== null && candidate.quality !== null)
      add('quality', stable.quality, candidate.quality);
    if (judge !== undefined) {
      const preferred = new Set(judge.map((each) => each.preferred));
      const only = preferred.size === 1 ? [...preferred][0] : 'tie';
      const disagreed = preferred.size === 1 ? 0 : 1;
      add('preference', only === 'stable' ? 1 : 0, only === 'candidate' ? 1 : 0, disagreed);
    }
  }

  alarm(security: boolean): void {
    this.alarms[security ? 'security' : 'other'] += 1;
  }

  events(): ReadonlySet<string> {
    return this.#events;
  }

  windows(): ReadonlyMap<string, Figures> {
    return this.#windows;
  }

  pairs(): ReadonlyMap<string, Figures> {
    return this.#pairs;
  }

  /** An event that was sent before adds nothing. */
  #isNew(source: string, id: string): boolean {
    return takes(this.#events, identityOf(source, id));
  }

  #window(key: readonly (string | number)[], withSketch: boolean): Record<string, number | null> {
    const text = key.join('|');
    const known = this.#windows.get(text);
    if (known !== undefined) return known;
    const cell: Record<string, number | null> = {};
    for (const side of ['', 'first_']) {
      for (const name of ['count', 'sum', 'sum_of_squares']) cell[`${side}${name}`] = 0;
      for (const name of ['min', 'max']) cell[`${side}${name}`] = null;
      cell[`${side}sketched`] = withSketch ? 0 : null;
    }
    this.#windows.set(text, cell);
    return cell;
  }
}

function observe(cell: Record<string, number | null>, side: '' | 'first_', value: number): void {
  cell[`${side}count`] = (cell[`${side}count`] ?? 0) + 1;
  cell[`${side}sum`] = (cell[`${side}sum`] ?? 0) + value;
  cell[`${side}sum_of_squares`] = (cell[`${side}sum_of_squares`] ?? 0) + value * value;
  cell[`${side}min`] = Math.min(cell[`${side}min`] ?? Infinity, value);
  cell[`${side}max`] = Math.max(cell[`${side}max`] ?? -Infinity, value);
  const sketched = cell[`${side}sketched`];
  if (typeof sketched === 'number') cell[`${side}sketched`] = sketched + 1;
}

/** Whether it was not there before. */
function takes(from: Set<string>, what: string): boolean {
  const size = from.size;
  return from.add(what).size > size;
}
