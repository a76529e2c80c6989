/** Experiments as looks and reports read them: every answer is one statement, so that its figures belong to the same moment. */
import { distinctProviders } from '../../domain/provider-signature.ts';
import { METRICS, type Metric, type WindowStats } from '../../domain/window.ts';
import type {
  ExperimentArmWindow,
  ExperimentStretch,
  ExperimentWindow,
  ExperimentWindows,
} from '../../ports/experiments.ts';
import type { Database } from './database.ts';
import { prePeriodOf, segmentsOf } from './experiment-reports.ts';
import { toSketch, type StoredSketch } from './read-windows.ts';

/**
 * The blocks that lie wholly in `[$3, $4)`, $1 being the service and $2 the generation, as [from_ms, to_ms). Windows of a service that nobody
 * registered are a minute long. With another length of blocks since the experiment began, a window that straddles the end is left out. Pieces are $6 long, in whole blocks; null: one.
 */
const BOUNDS = `bounds AS (
  SELECT from_ms, to_ms, coalesce(($6::bigint + ms - 1) / ms * ms, greatest(to_ms - from_ms, 1)) AS piece_ms
  FROM (
    SELECT ms, ($3::bigint + ms - 1) / ms * ms AS from_ms, $4::bigint / ms * ms AS to_ms
    FROM (SELECT coalesce((SELECT block_ms FROM services WHERE service_id = $1), 60000)::bigint AS ms) AS block
  ) AS whole)`;

const FROM_MS = '(SELECT from_ms FROM bounds)';
const TO_MS = '(SELECT to_ms FROM bounds)';
/** Which piece a time lies in, from 0. */
const pieceOf = (column: string): string => `((${column} - ${FROM_MS}) / (SELECT piece_ms FROM bounds))::int`;
const OF_EXPERIMENT = 'service_id = $1 AND generation = $2';
const EXPOSED = `first_exposed_at_ms >= ${FROM_MS} AND first_exposed_at_ms < ${TO_MS}`;
const LABELLED = `labelled_at_ms >= ${FROM_MS} AND labelled_at_ms < ${TO_MS} AND first_exposed_at_ms >= $5`;
const WINDOWS = `window_start_ms >= ${FROM_MS} AND window_start_ms + window_ms <= ${TO_MS} AND window_start_ms < ${TO_MS}`;

/**
 * One row per piece, arm and what is known of it. `all` and `first`: statistics of the metric `name`. `label`: of the first labels. `exposed`: units
 * in `count`, those with a label in `sum`. `provider`: its signature is the `name`, its answers the `count`, 0 where nobody counted. `bounds`: the whole blocks, from `min` to `max`, in
 * pieces of `count` ms.
 */
const WINDOW = `WITH ${BOUNDS}
  SELECT 0 AS piece, 'bounds' AS kind, '' AS arm, '' AS name, piece_ms::float8 AS count, 0::float8 AS sum, 0::float8 AS squares,
    from_ms::float8 AS min, to_ms::float8 AS max, NULL::json AS sketch FROM bounds
  UNION ALL
  SELECT piece, kind, arm, metric, s.count, s.sum, s.squares, s.min, s.max, s.sketch FROM (
    SELECT ${pieceOf('window_start_ms')} AS piece, arm, metric, sum(count)::float8 AS count, sum(sum) AS sum, sum(sum_of_squares) AS squares, min(min) AS min,
      max(max) AS max, to_json(sum_sketches(sketch)) AS sketch, sum(first_count)::float8 AS first_count,
      sum(first_sum) AS first_sum, sum(first_sum_of_squares) AS first_squares, min(first_min) AS first_min,
      max(first_max) AS first_max, to_json(sum_sketches(first_sketch)) AS first_sketch
    FROM metric_windows
    WHERE ${OF_EXPERIMENT} AND ${WINDOWS} AND metric = ANY ($7) AND arm NOT IN ('stable', 'candidate')
    GROUP BY 1, arm, metric) AS w
  CROSS JOIN LATERAL (VALUES
    ('all', w.count, w.sum, w.squares, w.min, w.max, w.sketch),
    ('first', first_count, first_sum, first_squares, first_min, first_max, first_sketch)
  ) AS s(kind, count, sum, squares, min, max, sketch)
  WHERE s.count > 0 AND NOT (kind = 'first' AND metric = 'quality')
  UNION ALL
  SELECT ${pieceOf('labelled_at_ms')}, 'label', arm, 'quality', count(*), sum(label), sum(label * label), min(label), max(label), NULL
  FROM experiment_units WHERE ${OF_EXPERIMENT} AND ${LABELLED} GROUP BY 1, arm
  UNION ALL
  SELECT ${pieceOf('first_exposed_at_ms')}, 'exposed', arm, '', count(*), count(label), 0, NULL, NULL, NULL
  FROM experiment_units WHERE ${OF_EXPERIMENT} AND ${EXPOSED} GROUP BY 1, arm
  UNION ALL
  SELECT ${pieceOf('window_start_ms')}, 'provider', arm, signature,
    CASE WHEN bool_and(answers IS NOT NULL) THEN sum(answers) ELSE 0 END::float8, 0, 0, NULL, NULL, NULL
  FROM experiment_providers WHERE ${OF_EXPERIMENT} AND ${WINDOWS} GROUP BY 1, arm, signature`;

const SCORES = `WITH ${BOUNDS}
  SELECT ${pieceOf('labelled_at_ms')} AS piece, arm, array_agg(label ORDER BY labelled_at_ms, unit_kind, unit_id) AS scores
  FROM experiment_units WHERE ${OF_EXPERIMENT} AND ${LABELLED} GROUP BY 1, arm ORDER BY 1, arm`;

interface Row {
  readonly piece: number;
  readonly kind: 'bounds' | 'all' | 'first' | 'label' | 'exposed' | 'provider';
  readonly arm: string;
  readonly name: string;
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sketch: StoredSketch | null;
}

const isMetric = (name: string): name is Metric => METRICS.some((metric) => metric === name);

const statsOf = ({ count, sum, squares, min, max, sketch }: Row): WindowStats => ({
  count,
  sum,
  sumOfSquares: squares,
  min,
  max,
  sketch: toSketch(sketch),
});

const NOTHING: ExperimentArmWindow = { unitFirst: {}, all: {}, exposures: 0, labelled: 0, providers: [] };

/** What a row adds to what is known of its arm. */
function withRow(arm: ExperimentArmWindow, row: Row): ExperimentArmWindow {
  if (row.kind === 'exposed') return { ...arm, exposures: row.count, labelled: row.sum };
  if (row.kind === 'provider') {
    const providers = distinctProviders([...arm.providers, row.name]);
    const answers = { ...arm.answers, ...(row.count > 0 && { [row.name]: row.count }) };
    return { ...arm, providers, answers };
  }
  if (!isMetric(row.name)) return arm;
  const stats = { [row.name]: statsOf(row) };
  return row.kind === 'all'
    ? { ...arm, all: { ...arm.all, ...stats } }
    : { ...arm, unitFirst: { ...arm.unitFirst, ...stats } };
}

/** The pieces in order, those of which nothing arrived too; one that is empty where there is no whole block. */
function toWindows(rows: readonly Row[], asked: ExperimentStretch): readonly ExperimentWindow[] {
  const bounds = rows.find(({ kind }) => kind === 'bounds');
  const [fromMs, toMs] = [bounds?.min ?? asked.fromMs, bounds?.max ?? asked.toMs];
  const pieceMs = bounds?.count ?? toMs - fromMs;
  const pieces = Array.from(
    { length: Math.max(1, Math.ceil((toMs - fromMs) / pieceMs)) },
    () => new Map<string, ExperimentArmWindow>(),
  );
  for (const row of rows) {
    const arms = row.kind === 'bounds' ? undefined : pieces[row.piece];
    arms?.set(row.arm, withRow(arms.get(row.arm) ?? NOTHING, row));
  }
  return pieces.map((arms, i) => ({
    fromMs: fromMs + i * pieceMs,
    toMs: Math.min(toMs, fromMs + (i + 1) * pieceMs),
    arms: Object.fromEntries([...arms].sort(([a], [b]) => (a < b ? -1 : 1))),
  }));
}

const parametersOf = (stretch: ExperimentStretch): readonly unknown[] => [
  stretch.serviceId,
  stretch.generation,
  stretch.fromMs,
  stretch.toMs,
  stretch.periodFromMs,
  stretch.pieceMs,
];

export function createExperimentWindows(db: Database): ExperimentWindows {
  return {
    experimentWindows: async (stretch) =>
      toWindows(await db.query<Row>(WINDOW, [...parametersOf(stretch), METRICS]), stretch),
    experimentScores: async (stretch) => {
      const rows = await db.query<{ piece: number; arm: string; scores: readonly number[] }>(
        SCORES,
        parametersOf(stretch),
      );
      const pieces: Record<string, readonly number[]>[] = [];
      for (const { piece, arm, scores } of rows) {
        while (pieces.length <= piece) pieces.push({});
        pieces[piece]![arm] = scores;
      }
      return pieces;
    },
    experimentSegments: (of) => segmentsOf(db, of),
    prePeriod: (of) => prePeriodOf(db, of),
  };
}
