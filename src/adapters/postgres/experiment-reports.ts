/**
 * What a report shows of an experiment beside its verdict: figures by segment, and what was known of its units before. Nothing of it decides.
 * Each is one statement over the units of the experiment.
 */
import type { ExperimentWindows, PrePeriodSums } from '../../ports/experiments.ts';
import type { Queryable } from './database.ts';

type Segments = Awaited<ReturnType<ExperimentWindows['experimentSegments']>>;

const COLUMN = { taskType: 'task_type', region: "coalesce(region, 'unknown')" } as const;

/** See `ExperimentWindows.experimentSegments`. */
export async function segmentsOf(
  db: Queryable,
  { serviceId, generation, by }: Parameters<ExperimentWindows['experimentSegments']>[0],
): Promise<Segments> {
  const rows = await db.query<{ segment: string; arm: string; n: number; sum: number; squares: number }>(
    `SELECT ${COLUMN[by]} COLLATE "C" AS segment, arm, count(*)::float8 AS n, sum(label) AS sum, sum(label * label) AS squares
     FROM experiment_units WHERE service_id = $1 AND generation = $2 AND labelled_at_ms IS NOT NULL
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [serviceId, generation],
  );
  const segments = new Map<string, Segments[number]['arms']>();
  for (const { segment, arm, n, sum, squares } of rows) {
    segments.set(segment, { ...segments.get(segment), [arm]: { n, sum, sumOfSquares: squares } });
  }
  return [...segments].map(([segment, arms]) => ({ segment, arms }));
}

interface SumsRow {
  readonly arm: string;
  readonly n: number;
  readonly missing: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  readonly missing_y: number;
  readonly missing_yy: number;
}

/** The days tell PostgreSQL which partitions of the raw events it need not open. */
const PRE_PERIOD = `WITH before AS MATERIALIZED (
    SELECT d.unit->>'kind' AS unit_kind, d.unit->>'id' AS unit_id, avg(d.quality) AS x
    FROM feedback_chunks c CROSS JOIN LATERAL string_to_table(c.events, E'\n') AS line
      CROSS JOIN LATERAL json_to_record(line::json->'data') AS d(type text, unit json, quality float8)
    WHERE c.service_id = $1 AND c.to_ms >= $3 AND c.from_ms < $4 AND c.day BETWEEN $5::date AND $6::date
      AND (c.from_ms >= $3 AND c.to_ms < $4 OR exposure_of(line::json) >= $3 AND exposure_of(line::json) < $4)
      AND d.type = 'model_response' AND d.quality IS NOT NULL
    GROUP BY 1, 2)
  SELECT arm, count(x)::float8 AS n, (count(*) - count(x))::float8 AS missing,
    coalesce(sum(x), 0) AS x, coalesce(sum(label) FILTER (WHERE x IS NOT NULL), 0) AS y,
    coalesce(sum(x * x), 0) AS xx, coalesce(sum(x * label), 0) AS xy,
    coalesce(sum(label * label) FILTER (WHERE x IS NOT NULL), 0) AS yy,
    coalesce(sum(label) FILTER (WHERE x IS NULL), 0) AS missing_y,
    coalesce(sum(label * label) FILTER (WHERE x IS NULL), 0) AS missing_yy
  FROM experiment_units u LEFT JOIN before b USING (unit_kind, unit_id)
  WHERE u.service_id = $1 AND u.generation = $2 AND u.labelled_at_ms IS NOT NULL AND u.unit_kind <> 'request'
  GROUP BY arm ORDER BY arm`;

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** See `ExperimentWindows.prePeriod`. */
export async function prePeriodOf(
  db: Queryable,
  { serviceId, generation, startMs, beforeMs }: Parameters<ExperimentWindows['prePeriod']>[0],
): Promise<Readonly<Record<string, PrePeriodSums>>> {
  const fromMs = startMs - beforeMs;
  const rows = await db.query<SumsRow>(PRE_PERIOD, [
    serviceId,
    generation,
    fromMs,
    startMs,
    dayOf(fromMs),
    dayOf(startMs),
  ]);
  return Object.fromEntries(
    rows.map((row) => [
      row.arm,
      {
        n: row.n,
        missing: row.missing,
        sumX: row.x,
        sumY: row.y,
        sumXX: row.xx,
        sumXY: row.xy,
        sumYY: row.yy,
        missingSumY: row.missing_y,
        missingSumYY: row.missing_yy,
      },
    ]),
  );
}
