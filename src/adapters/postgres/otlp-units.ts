/** The unit of each OTLP metric: the first that was stated. Written once for each. */
import type { StreamPoint } from '../../ports/windows.ts';
import type { Queryable } from './database.ts';

interface Row {
  readonly service_id: string;
  readonly metric: string;
  readonly unit: string;
}

const keyOf = (serviceId: string, metric: string): string => `${serviceId}\0${metric}`;

/** Units of the metrics of these points, by point; empty where nobody has stated one. In the caller's transaction. */
export async function unitsOf(
  tx: Queryable,
  points: readonly StreamPoint[],
): Promise<(point: StreamPoint) => string> {
  const stated = new Map<string, Row>();
  for (const { serviceId, metric, unit = '' } of points) {
    const key = keyOf(serviceId, metric);
    if (unit !== '' && !stated.has(key)) stated.set(key, { service_id: serviceId, metric, unit });
  }
  const known = new Map<string, string>();
  const learn = (rows: readonly Row[]): void => {
    for (const { service_id, metric, unit } of rows) known.set(keyOf(service_id, metric), unit);
  };
  const unknown = (): Row[] => [...stated].filter(([key]) => !known.has(key)).map(([, row]) => row);
  const parameters = (rows: readonly Row[]): readonly unknown[] => [
    rows.map((row) => row.service_id),
    rows.map((row) => row.metric),
  ];
  if (stated.size > 0) {
    learn(
      await tx.query<Row>(
        `SELECT service_id, metric, unit FROM otlp_units
         JOIN unnest($1::text[], $2::text[]) AS m(service_id, metric) USING (service_id, metric)`,
        parameters(unknown()),
      ),
    );
  }
  const met = unknown();
  if (met.length > 0) {
    learn(
      await tx.query<Row>(
        `INSERT INTO otlp_units AS u (service_id, metric, unit)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS m(service_id, metric, unit)
         ORDER BY service_id COLLATE "C", metric COLLATE "C"
         ON CONFLICT (service_id, metric) DO UPDATE SET unit = u.unit RETURNING service_id, metric, unit`,
        [...parameters(met), met.map(({ unit }) => unit)],
      ),
    );
  }
  return ({ serviceId, metric }) => known.get(keyOf(serviceId, metric)) ?? '';
}
