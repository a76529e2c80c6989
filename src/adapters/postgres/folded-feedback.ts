/** Usual feedback, folded as it is added: see `PlainBatch`. It asks the database nothing; what it reckons with, the statement that stores it checks. */
import { ARMS } from '../../domain/window.ts';
import type { FeedbackEvent } from '../../ports/feedback-event.ts';
import type { PlainBatch } from '../../ports/plain-batch.ts';
import { windowMsOf } from './block-lengths.ts';
import { Chunks } from './event-chunks.ts';
import { keyOf } from './raw-events.ts';
import { eachObservation, WindowBatch, windowStartMs, type PlaceBatch } from './window-rows.ts';

/** Block lengths of services, ms; null for one that nobody registered. */
export type KnownBlocks = ReadonlyMap<string, number | null>;

interface Place {
  readonly startMs: number;
  readonly endMs: number;
  readonly generation: number;
  readonly at: PlaceBatch;
}

/** Further metrics: a plain event has none. */
const NONE: readonly string[] = [];

/** Whether an event can be added. */
export const isPlain = ({ data }: FeedbackEvent): boolean =>
  data.unit.kind === 'request' && data.metrics === undefined && ARMS.some((arm) => arm === data.arm);

export class FoldedFeedback implements PlainBatch {
  readonly #known: KnownBlocks;
  /** Those that it was folded with: what is known meanwhile changes nothing. */
  readonly #blocks = new Map<string, number>();
  readonly #keys = new Set<string>();
  readonly #services = new Map<string, number>();
  readonly #places = new Map<string, Place>();
  /** Events of services whose blocks are not known, by service. */
  readonly #waiting = new Map<string, { readonly event: FeedbackEvent; readonly atMs: number }[]>();
  #timestamp = '';
  #atMs = 0;
  readonly chunks = new Chunks();
  readonly windows = new WindowBatch();
  repeated = 0;

  constructor(known: KnownBlocks) {
    this.#known = known;
  }

  /** `event_ids.key` of each event. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  /** Events by service. */
  get services(): ReadonlyMap<string, number> {
    return this.#services;
  }

  /** The block lengths that it was folded with, ms, of the services that are registered. */
  get blocks(): ReadonlyMap<string, number> {
    return this.#blocks;
  }

  /** Services whose blocks have to be told before it is stored. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  add(event: FeedbackEvent): void {
    const key = keyOf(event.source, event.id);
    if (this.#keys.has(key)) {
      this.repeated += 1;
      return;
    }
    this.#keys.add(key);
    const { timestamp, service } = event.data;
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#atMs = Date.parse(timestamp);
    }
    const count = this.#services.get(service) ?? 0;
    if (count === 0) this.#meet(service);
    this.#services.set(service, count + 1);
    this.chunks.add(event, this.#atMs);
    const waiting = this.#waiting.get(service);
    if (waiting === undefined) this.#fold(event, this.#atMs);
    else waiting.push({ event, atMs: this.#atMs });
  }

  /** Folds what waits. @param blocks of those of the waiting services that are registered, ms */
  finish(blocks: ReadonlyMap<string, number>): void {
    for (const [service, events] of this.#waiting) {
      const blockMs = blocks.get(service);
      if (blockMs !== undefined) this.#blocks.set(service, blockMs);
      for (const { event, atMs } of events) this.#fold(event, atMs);
    }
    this.#waiting.clear();
  }

  /**
   * Adds a batch that waits for nothing to this one; the other one stays as it was. False, and nothing is added, when the two cannot be stored as one: an
   * event is in both, or a service has other blocks.
   */
  absorb(other: FoldedFeedback): boolean {
    for (const service of other.#services.keys())
      if (this.#services.has(service) && this.#blocks.get(service) !== other.#blocks.get(service))
        return false;
    for (const key of other.#keys) if (this.#keys.has(key)) return false;
    for (const key of other.#keys) this.#keys.add(key);
    for (const [service, count] of other.#services)
      this.#services.set(service, (this.#services.get(service) ?? 0) + count);
    for (const [service, blockMs] of other.#blocks) this.#blocks.set(service, blockMs);
    this.chunks.absorb(other.chunks);
    this.windows.absorb(other.windows);
    return true;
  }

  #meet(service: string): void {
    const blockMs = this.#known.get(service);
    if (blockMs === undefined) this.#waiting.set(service, []);
    else if (blockMs !== null) this.#blocks.set(service, blockMs);
  }

  #fold({ data }: FeedbackEvent, atMs: number): void {
    const { at } = this.#placeOf(data, atMs);
    eachObservation(data, NONE, (metric, value) => at.observe(metric, value, true));
  }

  #placeOf(
    { service: serviceId, arm, generation, task_type: taskType }: FeedbackEvent['data'],
    atMs: number,
  ) {
    // Neither holds NUL.
    const name = `${arm}\0${taskType}\0${serviceId}`;
    const last = this.#places.get(name);
    if (last?.generation === generation && atMs >= last.startMs && atMs < last.endMs) return last;
    const windowMs = windowMsOf(this.#blocks, serviceId);
    const startMs = windowStartMs(atMs, windowMs);
    const at = this.windows.at({ serviceId, windowStartMs: startMs, windowMs, arm, generation, taskType });
    const place = { startMs, endMs: startMs + windowMs, generation, at };
    this.#places.set(name, place);
    return place;
  }
}
