-- Windows of metrics: what each arm did in each stretch of exposure time.

-- DDSketch: counts[k] (from 1) holds values in (gamma^(first_bucket+k-2), gamma^(first_bucket+k-1)],
-- gamma = (1+alpha)/(1-alpha). The same numbers as SketchState in src/domain/window.ts.
CREATE TYPE quantile_sketch AS (
  alpha double precision,
  zero_count bigint,
  first_bucket integer,
  counts bigint[]
);

-- Sum of two sketches of one accuracy, exact in the counts; null is the sketch of nothing.
-- Called inside INSERT ... ON CONFLICT DO UPDATE, so the row lock makes concurrent merges safe.
CREATE FUNCTION merge_sketches(a quantile_sketch, b quantile_sketch) RETURNS quantile_sketch
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  first integer;
  merged bigint[];
BEGIN
  IF a.alpha IS NULL THEN RETURN b; END IF;
  IF b.alpha IS NULL THEN RETURN a; END IF;
  IF a.alpha <> b.alpha THEN
    RAISE EXCEPTION 'sketches to merge must share alpha, got % and %', a.alpha, b.alpha;
  END IF;
  IF cardinality(b.counts) = 0 THEN
    RETURN ROW(a.alpha, a.zero_count + b.zero_count, a.first_bucket, a.counts)::quantile_sketch;
  END IF;
  IF cardinality(a.counts) = 0 THEN
    RETURN ROW(a.alpha, a.zero_count + b.zero_count, b.first_bucket, b.counts)::quantile_sketch;
  END IF;
  first := least(a.first_bucket, b.first_bucket);
  SELECT array_agg(coalesce(pair.x, 0) + coalesce(pair.y, 0)) INTO merged
  FROM unnest(
    array_fill(0::bigint, ARRAY[a.first_bucket - first]) || a.counts,
    array_fill(0::bigint, ARRAY[b.first_bucket - first]) || b.counts
  ) AS pair(x, y);
  RETURN ROW(a.alpha, a.zero_count + b.zero_count, first, merged)::quantile_sketch;
END $$;

-- Values are in the metric's own unit: quality 0..1, error 0 or 1, latencyMs, costUsd, tokens; OTLP metrics keep their name and unit.
-- Columns with `first_` count only the first observation of each unit (request, session or user); the others count every one.
-- No foreign key to services: traffic of a service that nobody registered is kept, not dropped.
CREATE TABLE metric_windows (
  service_id text NOT NULL,
  window_start_ms bigint NOT NULL,
  window_ms integer NOT NULL CHECK (window_ms > 0),
  arm text NOT NULL CHECK (arm IN ('stable', 'candidate')),
  generation bigint NOT NULL CHECK (generation >= 0),
  metric text NOT NULL,
  task_type text NOT NULL,
  count bigint NOT NULL CHECK (count >= 0),
  sum double precision NOT NULL,
  sum_of_squares double precision NOT NULL,
  min double precision,
  max double precision,
  sketch quantile_sketch,
  first_count bigint NOT NULL CHECK (first_count >= 0),
  first_sum double precision NOT NULL,
  first_sum_of_squares double precision NOT NULL,
  first_min double precision,
  first_max double precision,
  first_sketch quantile_sketch,
  PRIMARY KEY (service_id, window_start_ms, window_ms, arm, generation, metric, task_type),
  CHECK (window_start_ms % window_ms = 0)
) WITH (fillfactor = 70); -- room for updates on the same page: a window is written once per batch while it is open
