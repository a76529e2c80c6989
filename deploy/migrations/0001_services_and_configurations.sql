-- Services, what they were configured with, and who may change them.
-- Times are milliseconds since the Unix epoch (`_ms`); a generation is a whole number that only rises per service.

CREATE TABLE services (
  service_id text PRIMARY KEY CHECK (service_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  -- Whole settings document, every default filled in. `json`, not `jsonb`: it reads back as it was written.
  settings json NOT NULL,
  -- Length of the service's blocks in ms (a divisor of one minute), kept apart so that ingest need not read settings.
  block_ms integer NOT NULL CHECK (block_ms BETWEEN 1000 AND 60000 AND 60000 % block_ms = 0),
  -- Null until the gateway's configuration was recorded as stable.
  adopted_at_ms bigint,
  -- Recorded quality (0..1) at adoption; total loss is held against it for ever.
  quality_reference double precision CHECK (quality_reference BETWEEN 0 AND 1),
  CHECK (quality_reference IS NULL OR adopted_at_ms IS NOT NULL)
);

CREATE TABLE configurations (
  service_id text NOT NULL REFERENCES services,
  generation bigint NOT NULL CHECK (generation >= 1),
  -- Flat strings. `json` keeps the text, so a hash over it stays reproducible.
  body json NOT NULL,
  hash text NOT NULL,
  status text NOT NULL CHECK (status IN ('trying', 'stable', 'retired', 'rolledBack', 'superseded')),
  -- Workflow that brought it, or `adoption`.
  source text NOT NULL,
  recorded_at_ms bigint NOT NULL,
  -- When it became stable; null for one that never did.
  applied_at_ms bigint,
  -- When it was retired, rolled back or superseded.
  ended_at_ms bigint,
  PRIMARY KEY (service_id, generation),
  CHECK ((status IN ('trying', 'stable')) = (ended_at_ms IS NULL)),
  CHECK (status <> 'stable' OR applied_at_ms IS NOT NULL)
);

CREATE UNIQUE INDEX configurations_one_stable ON configurations (service_id) WHERE status = 'stable';

-- The highest generation ever handed out. The row outlives every lease and is the lock under which leases move.
CREATE TABLE service_generations (
  service_id text PRIMARY KEY,
  highest bigint NOT NULL CHECK (highest >= 0)
);

CREATE FUNCTION refuse_falling_generation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.highest < OLD.highest THEN
    RAISE EXCEPTION 'generation of % would fall from % to %', OLD.service_id, OLD.highest, NEW.highest;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER service_generations_rise BEFORE UPDATE ON service_generations
  FOR EACH ROW EXECUTE FUNCTION refuse_falling_generation();

-- One change at a time per service. No foreign key: an emergency restore may lease a service we hold no settings of.
CREATE TABLE change_leases (
  service_id text PRIMARY KEY,
  workflow_id text NOT NULL,
  first_run_id text NOT NULL,
  -- Rewritten at continue-as-new.
  run_id text NOT NULL,
  generation bigint NOT NULL CHECK (generation >= 1),
  acquired_at_ms bigint NOT NULL,
  -- The lease that an emergency restore took this one from, so that a repeated seize answers the same.
  seized_from json
);
