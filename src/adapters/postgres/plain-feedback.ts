/** Stores a batch of usual feedback in one statement. Where the database finds that it cannot be stored as it was folded, it has done nothing. */
import type { LogMove } from '../../ports/event-batch.ts';
import { blockLengths } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { periodOf } from './event-partitions.ts';
import { keysParameter } from './feedback-events.ts';
import { FoldedFeedback } from './folded-feedback.ts';
import { toRows } from './window-rows.ts';

/** Services whose blocks are remembered at most. */
const MOST_SERVICES = 10_000;
/** Batches that are looked through for repeats before anything of them is inserted, after one that held some. */
const WARY_BATCHES = 50;

/** What came of a batch. `again`: it cannot be stored as it was folded, and nothing of it was. */
export type PlainOutcome = 'recorded' | 'moved' | 'again';

const keyOf = ({ topic, partition }: LogMove): string => `${topic} ${partition}`;

/** The columns of the moves, in one order for all writers, so that nobody waits in a circle. */
function columnsOf(moves: readonly LogMove[]): readonly unknown[] {
  const sorted = [...moves].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return [
    sorted.map(({ group }) => group),
    sorted.map(({ topic }) => topic),
    sorted.map(({ partition }) => partition),
    sorted.map(({ topicId }) => topicId),
    sorted.map(({ from }) => from),
    sorted.map(({ to }) => to),
  ];
}

const STATEMENT = `SELECT record_plain_batches($1, $2, $3, $4, $5, $6, $7::text[], $8::integer[], $9::uuid[], $10,
  $11::date[], $12::text[], $13::bigint[], $14::bigint[], $15::boolean[], $16::integer[], $17::integer[], $18::integer[],
  $19::bytea, $20::json, $21, $22) AS outcome`;

export class PlainFeedback {
  readonly #blocks = new Map<string, number | null>();
  #wary = 0;

  /** Repeats came lately. */
  get meetsRepeats(): boolean {
    return this.#wary > 0;
  }

  begin(): FoldedFeedback {
    return new FoldedFeedback(this.#blocks);
  }

  /** Asks for the blocks of services that are not known yet, and folds what waited for them. */
  async finish(db: Queryable, batch: FoldedFeedback): Promise<void> {
    const { waiting } = batch;
    if (waiting.length === 0) return;
    const blocks = await blockLengths(db, waiting);
    if (this.#blocks.size + waiting.length > MOST_SERVICES) this.#blocks.clear();
    for (const service of waiting) this.#blocks.set(service, blocks.get(service) ?? null);
    batch.finish(blocks);
  }

  /** The blocks of its services are asked for anew by the next batch. */
  forget(batch: FoldedFeedback): void {
    for (const service of batch.services.keys()) this.#blocks.delete(service);
  }

  /**
   * In the caller's transaction, which must end without anything stored unless it was `recorded`. After `finish`.
   * @param moves none for a batch that comes out of no log
   */
  async record(
    db: Queryable,
    batch: FoldedFeedback,
    nowMs: number,
    moves: readonly LogMove[],
  ): Promise<PlainOutcome> {
    const { blocks } = batch;
    const services = [...batch.services.keys()];
    const rows = await db.query<{ outcome: 'recorded' | 'moved' | 'settings' | 'known' }>(STATEMENT, [
      ...columnsOf(moves),
      services,
      services.map((service) => blocks.get(service) ?? null),
      keysParameter(batch.keys),
      periodOf(nowMs),
      ...batch.chunks.parameters((service) => blocks.has(service)),
      JSON.stringify(toRows(batch.windows)),
      nowMs,
      this.#wary > 0,
    ]);
    const outcome = rows[0]?.outcome;
    this.#wary = outcome === 'known' ? WARY_BATCHES : Math.max(0, this.#wary - 1);
    if (outcome === 'settings') this.forget(batch);
    return outcome === 'recorded' || outcome === 'moved' ? outcome : 'again';
  }
}
