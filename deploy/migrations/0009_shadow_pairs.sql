-- Pairs of a shadow: the same request under the stable configuration and under the candidate. Raw pairs lie in feedback_events beside
-- the feedback; here are the sums that a verdict needs.

-- Limits that were frozen when a shadow was admitted: a side that took longer is slow. Without a row nobody counts slow sides.
CREATE TABLE shadow_limits (
  service_id text NOT NULL,
  generation bigint NOT NULL CHECK (generation >= 0),
  stable_ms double precision NOT NULL CHECK (stable_ms > 0),
  candidate_ms double precision NOT NULL CHECK (candidate_ms > 0),
  PRIMARY KEY (service_id, generation)
);

-- One metric of the pairs that arrived in one stretch of time. Windows are of arrival, so that a pair that was held up is counted in a
-- later window and never changes one that was judged. Only the first pair of each unit is here, and of `quality` only pairs of which
-- both sides were graded. Metrics: quality 0..1, error and slow 0 or 1, costUsd; `preference` is +1 or -1 for the candidate where both
-- readings of a judge agree, and 0 otherwise (its stable and candidate columns count the sides that were preferred).
CREATE TABLE shadow_pair_windows (
  service_id text NOT NULL,
  generation bigint NOT NULL CHECK (generation >= 0),
  window_start_ms bigint NOT NULL,
  window_ms integer NOT NULL CHECK (window_ms > 0),
  metric text NOT NULL CHECK (metric IN ('quality', 'error', 'slow', 'costUsd', 'preference')),
  pairs bigint NOT NULL CHECK (pairs >= 0),
  stable_sum double precision NOT NULL,
  candidate_sum double precision NOT NULL,
  stable_squares double precision NOT NULL,
  candidate_squares double precision NOT NULL,
  -- Sum of the products of both sides: with the squares, the spread of any weighted difference.
  products double precision NOT NULL,
  -- Pairs in which the candidate's value was greater, and smaller.
  greater bigint NOT NULL,
  smaller bigint NOT NULL,
  -- Of preference only: pairs of which the two readings did not agree.
  disagreed bigint NOT NULL,
  PRIMARY KEY (service_id, generation, window_start_ms, window_ms, metric),
  CHECK (window_start_ms % window_ms = 0)
) WITH (fillfactor = 70);

-- Sessions and users whose first pair under a candidate is counted. Apart from exposure_units: a copy is no exposure.
CREATE TABLE shadow_units (
  service_id text NOT NULL,
  generation bigint NOT NULL,
  unit_kind text NOT NULL CHECK (unit_kind IN ('session', 'user')),
  unit_id text NOT NULL,
  PRIMARY KEY (service_id, generation, unit_kind, unit_id)
);
