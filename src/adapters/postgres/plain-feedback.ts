/**
 * The usual batch in one statement: feedback whose requests are their own units, of services whose blocks are known here, none of it seen before.
 * Where any of this does not hold the database has done nothing, and the batch goes the long way.
 */
import { ARMS } from '../../domain/window.ts';
import type { LogMove } from '../../ports/event-batch.ts';
import { blockLengths, windowMsOf } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { chunkParameters, chunksOf } from './event-chunks.ts';
import { periodOf } from './event-partitions.ts';
import { keysParameter } from './feedback-events.ts';
import type { RawEvent } from './raw-events.ts';
import { toRows, WindowBatch, windowStartMs, type PlaceBatch } from './window-rows.ts';

type Feedback = Extract<RawEvent, { kind: 'feedback' }>;

/** `known`: at least one event came before. `settings`: a service has other blocks than was reckoned with. */
type Outcome = 'recorded' | 'moved' | 'settings' | 'known';

/** Services whose blocks are remembered at most. */
const MOST_SERVICES = 10_000;
const TRIES = 3;

const isPlain = (raw: RawEvent): raw is Feedback =>
  raw.kind === 'feedback' &&
  raw.event.data.unit.kind === 'request' &&
  raw.event.data.metrics === undefined &&
  ARMS.some((arm) => arm === raw.event.data.arm);

/** Whether `record` can take them. */
export const arePlain = (events: readonly RawEvent[]): events is readonly Feedback[] => events.every(isPlain);

/** Everything but the first is null for a batch that moves no position. */
const positionOf = (move: LogMove | undefined): readonly unknown[] =>
  move === undefined
    ? [null, null, null, null, null, null]
    : [move.group, move.topic, move.partition, move.topicId, move.from, move.to];

const STATEMENT = `SELECT record_plain_feedback($1, $2, $3, $4, $5, $6, $7::text[], $8::integer[], $9::uuid[], $10,
  $11::date[], $12::text[], $13::bigint[], $14::bigint[], $15::boolean[], $16::integer[], $17::integer[], $18::integer[],
  $19::bytea, $20::json, $21) AS outcome`;

export class PlainFeedback {
  /** Block lengths of services, ms; null for one that nobody registered. The statement checks them. */
  readonly #blocks = new Map<string, number | null>();

  /**
   * `known` also when the settings keep changing. In the caller's transaction, which must end without anything stored unless it was `recorded`.
   * @param unknownService is told how many of them are of services that nobody registered
   */
  async record(
    db: Queryable,
    events: readonly Feedback[],
    nowMs: number,
    move: LogMove | undefined,
  ): Promise<{ readonly outcome: Exclude<Outcome, 'settings'>; readonly unknownService: number }> {
    const services = [...new Set(events.map(({ event }) => event.data.service))];
    for (let tries = 0; tries < TRIES; tries += 1) {
      await this.#learn(db, services, tries > 0);
      const blocks = new Map(
        services.flatMap((service) => {
          const blockMs = this.#blocks.get(service) ?? null;
          return blockMs === null ? [] : [[service, blockMs] as const];
        }),
      );
      const rows = await db.query<{ outcome: Outcome }>(STATEMENT, [
        ...positionOf(move),
        services,
        services.map((service) => blocks.get(service) ?? null),
        keysParameter(events),
        periodOf(nowMs),
        ...chunkParameters(chunksOf(events, (service) => blocks.has(service))),
        JSON.stringify(toRows(foldPlain(events, blocks))),
        nowMs,
      ]);
      const outcome = rows[0]?.outcome ?? 'settings';
      if (outcome === 'settings') continue;
      const unknownService = events.filter(({ event }) => !blocks.has(event.data.service)).length;
      return { outcome, unknownService };
    }
    return { outcome: 'known', unknownService: 0 };
  }

  async #learn(db: Queryable, services: readonly string[], anew: boolean): Promise<void> {
    const missing = anew ? services : services.filter((service) => !this.#blocks.has(service));
    if (missing.length === 0) return;
    if (this.#blocks.size + missing.length > MOST_SERVICES) this.#blocks.clear();
    const wanted = this.#blocks.size === 0 ? services : missing;
    const blocks = await blockLengths(db, wanted);
    for (const service of wanted) this.#blocks.set(service, blocks.get(service) ?? null);
  }
}

/** What `foldEvents` makes of them, without asking who was first: each is the first of its unit, and nothing is of an experiment. */
function foldPlain(events: readonly Feedback[], blocks: ReadonlyMap<string, number>): WindowBatch {
  const batch = new WindowBatch();
  const memo = new Map<string, { startMs: number; endMs: number; generation: number; at: PlaceBatch }>();
  for (const { event, atMs } of events) {
    const { service: serviceId, arm, generation, task_type: taskType } = event.data;
    const name = `${arm}|${taskType}|${serviceId}`;
    let last = memo.get(name);
    if (last?.generation !== generation || atMs < last.startMs || atMs >= last.endMs) {
      const windowMs = windowMsOf(blocks, serviceId);
      const startMs = windowStartMs(atMs, windowMs);
      const at = batch.at({ serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType });
      last = { startMs, endMs: startMs + windowMs, generation, at };
      memo.set(name, last);
    }
    const { at } = last;
    const { error, latency_ms, cost_usd, input_tokens, output_tokens, quality } = event.data;
    at.observe('error', error ? 1 : 0, true);
    at.observe('latencyMs', latency_ms, true);
    at.observe('costUsd', cost_usd, true);
    at.observe('inputTokens', input_tokens, true);
    at.observe('outputTokens', output_tokens, true);
    if (quality !== null) at.observe('quality', quality, true);
  }
  return batch;
}
