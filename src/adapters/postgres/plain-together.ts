/**
 * Stores batches of usual feedback that come out of a log: one statement at a time, and what comes meanwhile together in the next one. What a statement
 * costs beside its events, such as every sketch that it writes anew, is paid once for all partitions then, and they do not wait for each other's locks.
 */
import { setImmediate as othersToCome } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { LogMove } from '../../ports/event-batch.ts';
import type { Queryable } from './database.ts';
import type { FoldedFeedback } from './folded-feedback.ts';
import type { PlainFeedback, PlainOutcome } from './plain-feedback.ts';

/** Events of one statement; a batch of more goes alone. */
const MOST_EVENTS = 16_000;

interface Waiting {
  readonly batch: FoldedFeedback;
  readonly nowMs: number;
  readonly move: LogMove;
  readonly resolve: (outcome: PlainOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class PlainTogether {
  readonly #db: Queryable;
  readonly #plain: PlainFeedback;
  readonly #waiting: Waiting[] = [];
  #storing = false;

  constructor(db: Queryable, plain: PlainFeedback) {
    this.#db = db;
    this.#plain = plain;
  }

  /** As `PlainFeedback.record`, with its own outcome for every batch: one that cannot be stored takes no other with it. */
  record(batch: FoldedFeedback, nowMs: number, move: LogMove): Promise<PlainOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, nowMs, move, resolve, reject });
      if (!this.#storing) void this.#storeAll();
    });
  }

  async #storeAll(): Promise<void> {
    this.#storing = true;
    // The partitions of one fetch are read one after the other without a pause: those that are about to come are let in.
    await othersToCome();
    while (this.#waiting.length > 0) await this.#storeNext();
    this.#storing = false;
  }

  /** What fits into one statement with the one that has waited longest. */
  #take(): { readonly waiting: readonly Waiting[]; readonly all: FoldedFeedback } | null {
    const first = this.#waiting.shift();
    if (first === undefined) return null;
    const waiting = [first];
    let all = first.batch;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // One that holds a repeat would take all others with it.
      if (this.#plain.meetsRepeats) break;
      if (all.keys.size + next.batch.keys.size > MOST_EVENTS) break;
      if (all === first.batch) {
        all = this.#plain.begin();
        all.absorb(first.batch);
      }
      if (!all.absorb(next.batch)) break;
      waiting.push(next);
      this.#waiting.shift();
    }
    return { waiting, all };
  }

  async #storeNext(): Promise<void> {
    const taken = this.#take();
    if (taken === null) return;
    const { waiting, all } = taken;
    if (waiting.length === 1) return this.#storeEach(waiting);
    const [nowMs, moves] = [Math.max(...waiting.map((each) => each.nowMs)), waiting.map(({ move }) => move)];
    try {
      const outcome = await this.#plain.record(this.#db, all, nowMs, moves);
      if (outcome !== 'recorded') return await this.#storeEach(waiting);
      for (const { resolve } of waiting) resolve(outcome);
    } catch (error) {
      if (!(error instanceof Failure)) return this.#storeEach(waiting);
      // The database is not there, for none of them: each is tried again by whoever reads it.
      for (const { reject } of waiting) reject(error);
    }
  }

  /** Never fails. */
  async #storeEach(waiting: readonly Waiting[]): Promise<void> {
    for (const { batch, nowMs, move, resolve, reject } of waiting) {
      await this.#plain.record(this.#db, batch, nowMs, [move]).then(resolve, reject);
    }
  }
}
