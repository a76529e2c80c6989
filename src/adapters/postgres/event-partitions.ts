/** The partitions that raw events need: a day's when the first event of it comes, a period's when the first event comes in it. */
import type { Queryable } from './database.ts';

const DAY_MS = 86_400_000;
const PERIOD_MS = 7 * DAY_MS;

/** Days since the Unix epoch, UTC. */
export const dayNoOf = (atMs: number): number => Math.floor(atMs / DAY_MS);

/** Such as 2026-03-01. */
export const dayOfNo = (no: number): string => new Date(no * DAY_MS).toISOString().slice(0, 10);

/** In which identities are remembered, by arrival. */
export const periodOf = (nowMs: number): number => Math.floor(nowMs / PERIOD_MS);

/** Which ones this process knows to be there. One that was dropped since is asked for again after `forget`. */
export class EventPartitions {
  readonly #days = new Set<number>();
  readonly #periods = new Set<number>();

  /** Makes what is missing. Outside the batch's transaction: it locks the parent for a moment. */
  async ensure(db: Queryable, days: Iterable<number>, nowMs: number): Promise<void> {
    const period = periodOf(nowMs);
    if (!this.#periods.has(period)) {
      await db.query('SELECT ensure_event_period($1)', [period]);
      this.#periods.add(period);
    }
    for (const no of days) {
      if (this.#days.has(no)) continue;
      await db.query('SELECT ensure_feedback_partition($1::date)', [dayOfNo(no)]);
      this.#days.add(no);
    }
  }

  forget(): void {
    this.#days.clear();
    this.#periods.clear();
  }
}
