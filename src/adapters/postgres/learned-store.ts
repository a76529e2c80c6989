/** What experiments have taught, one row per variant. It adds nothing up. */
import type { LearnedStore } from '../../ports/learned.ts';
import type { LearnedOutcome } from '../../strategies/learning/index.ts';
import type { Database } from './database.ts';

interface Row {
  readonly experiment: string;
  readonly variant: string;
  readonly service_id: string;
  readonly what: LearnedOutcome['what'];
  readonly origin: string;
  readonly task_type: LearnedOutcome['taskType'];
  readonly result: LearnedOutcome['result'];
  readonly effect: number | null;
  readonly at_ms: number;
}

const toOutcome = (row: Row): LearnedOutcome => ({
  serviceId: row.service_id,
  experiment: row.experiment,
  variant: row.variant,
  what: row.what,
  origin: row.origin,
  taskType: row.task_type,
  result: row.result,
  effect: row.effect,
  atMs: row.at_ms,
});

const COLUMNS = 'experiment, variant, service_id, what, origin, task_type, result, effect, at_ms';

export function createLearnedStore(db: Database): LearnedStore {
  return {
    record: async (outcomes) => {
      if (outcomes.length === 0) return;
      await db.query(
        `INSERT INTO learned_outcomes (${COLUMNS})
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::double precision[], $9::bigint[])
         ON CONFLICT (experiment, variant) DO NOTHING`,
        [
          outcomes.map(({ experiment }) => experiment),
          outcomes.map(({ variant }) => variant),
          outcomes.map(({ serviceId }) => serviceId),
          outcomes.map(({ what }) => what),
          outcomes.map(({ origin }) => origin),
          outcomes.map(({ taskType }) => taskType),
          outcomes.map(({ result }) => result),
          outcomes.map(({ effect }) => effect),
          outcomes.map(({ atMs }) => atMs),
        ],
      );
    },
    list: async (what, sinceMs) => {
      const rows = await db.query<Row>(
        `SELECT ${COLUMNS} FROM learned_outcomes WHERE what = $1 AND at_ms >= $2 ORDER BY at_ms, experiment, variant`,
        [what, sinceMs],
      );
      return rows.map(toOutcome);
    },
  };
}
