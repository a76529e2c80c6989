-- Raw events, who counts as seen, what was put aside, and how far each OTLP stream was read.

-- One row per feedback event, by the UTC day of its exposure; a day is dropped as a whole when it is too old.
CREATE TABLE feedback_events (
  source text NOT NULL,
  id text NOT NULL,
  day date NOT NULL,
  service_id text NOT NULL,
  exposed_at_ms bigint NOT NULL,
  received_at_ms bigint NOT NULL,
  -- Whether the service was registered when the event arrived.
  service_known boolean NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (source, id, day)
) PARTITION BY RANGE (day);
CREATE INDEX feedback_events_by_exposure ON feedback_events (service_id, exposed_at_ms);

-- Makes the partition of one day when it is missing. Safe to call from many connections at once: a look at the catalogue
-- after waiting may still be the one from before, so the statement itself says whether the table is there.
CREATE FUNCTION ensure_feedback_partition(of_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  partition text := 'feedback_events_' || to_char(of_day, 'YYYYMMDD');
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('ensure_feedback_partition', 0));
  EXECUTE format(
    'CREATE TABLE %I PARTITION OF feedback_events FOR VALUES FROM (%L) TO (%L)', partition, of_day, of_day + 1);
EXCEPTION WHEN duplicate_table THEN RETURN;
END $$;

-- Units (sessions, users) whose first observation in a generation is counted. Requests are their own units and are not kept here.
CREATE TABLE exposure_units (
  service_id text NOT NULL,
  generation bigint NOT NULL,
  unit_kind text NOT NULL CHECK (unit_kind IN ('session', 'user')),
  unit_id text NOT NULL,
  -- Exposure of the event that counts for everything but quality.
  first_exposed_at_ms bigint NOT NULL,
  -- Whether a quality label of the unit has been counted; the first label may belong to a later event.
  labelled boolean NOT NULL,
  PRIMARY KEY (service_id, generation, unit_kind, unit_id)
);

-- Outcomes of models on a service's queries, for offline evaluation. quality 0..1, cost in USD per query.
CREATE TABLE recorded_outcomes (
  service_id text NOT NULL,
  model text NOT NULL,
  query_id text NOT NULL,
  task_type text NOT NULL,
  quality double precision NOT NULL,
  cost_usd double precision NOT NULL,
  PRIMARY KEY (service_id, model, query_id)
);

-- What ingest could not read, with the reason. `body` is cut by ingest, and may hold anything.
CREATE TABLE ingest_set_aside (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at_ms bigint NOT NULL,
  source text NOT NULL,
  reason text NOT NULL,
  body text NOT NULL
);
CREATE INDEX ingest_set_aside_by_time ON ingest_set_aside (received_at_ms);

-- How far each OTLP stream (resource, scope, metric, attributes) was counted: the last point of a cumulative stream,
-- the last time of a delta stream or gauge. A retried export and a restarted ingest count nothing twice.
CREATE TABLE otlp_streams (
  -- sha256 of the stream's identity, hexadecimal
  stream_key text PRIMARY KEY,
  state json NOT NULL,
  updated_at_ms bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX otlp_streams_by_time ON otlp_streams (updated_at_ms);
