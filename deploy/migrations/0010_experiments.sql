-- Experiments: several arms at once, each unit counted once and in one arm.

-- Arms of experiments go by their own ids beside `stable` and `candidate`. NOT VALID: every row that is there met the narrower rule.
ALTER TABLE metric_windows DROP CONSTRAINT metric_windows_arm_check;
ALTER TABLE metric_windows ADD CONSTRAINT metric_windows_arm_check CHECK (arm ~ '^[a-z0-9][a-z0-9-]{0,62}$') NOT VALID;

-- Projection for screens and reports. No workflow reads it back.
CREATE TABLE experiments (
  service_id text NOT NULL,
  generation bigint NOT NULL CHECK (generation >= 1),
  workflow_id text NOT NULL,
  run_id text NOT NULL,
  name text NOT NULL,
  phase text NOT NULL,
  outcome text,
  winner text,
  started_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  reason text,
  state json NOT NULL,
  PRIMARY KEY (service_id, generation)
);
CREATE INDEX experiments_by_service ON experiments (service_id, started_at_ms DESC);

-- What each arm is configured with. `json` keeps the text, so a hash over it stays reproducible.
CREATE TABLE experiment_arms (
  service_id text NOT NULL REFERENCES services,
  generation bigint NOT NULL CHECK (generation >= 1),
  arm text NOT NULL CHECK (arm ~ '^[a-z0-9][a-z0-9-]{0,62}$' AND arm NOT IN ('stable', 'candidate')),
  -- 0 is the control, which serves what is stable: its traffic is a baseline's too.
  position smallint NOT NULL CHECK (position >= 0),
  body json NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (service_id, generation, arm),
  UNIQUE (service_id, generation, position)
);

-- One row per unit of an experiment, requests too: the arm of its first exposure, and its first quality label, which counts in that arm
-- whatever arm answered later. exposure_units goes on counting what is in no experiment.
CREATE TABLE experiment_units (
  service_id text NOT NULL,
  generation bigint NOT NULL,
  unit_kind text NOT NULL,
  unit_id text NOT NULL,
  arm text NOT NULL,
  first_exposed_at_ms bigint NOT NULL,
  -- Of the first exposure: what came later may be the arm's doing.
  task_type text NOT NULL,
  region text,
  -- 0..1; null until somebody judged an answer to the unit.
  label double precision,
  -- Exposure of the answer that was judged, never before the first exposure.
  labelled_at_ms bigint,
  PRIMARY KEY (service_id, generation, unit_kind, unit_id),
  CHECK ((label IS NULL) = (labelled_at_ms IS NULL)),
  CHECK (labelled_at_ms >= first_exposed_at_ms)
) WITH (fillfactor = 80);
CREATE INDEX experiment_units_by_exposure ON experiment_units (service_id, generation, first_exposed_at_ms);
CREATE INDEX experiment_units_by_label ON experiment_units (service_id, generation, labelled_at_ms)
  WHERE labelled_at_ms IS NOT NULL;

-- What answered in each arm and window (model, fingerprint, price, latency class), each once.
CREATE TABLE experiment_providers (
  service_id text NOT NULL,
  generation bigint NOT NULL,
  window_start_ms bigint NOT NULL,
  window_ms integer NOT NULL CHECK (window_ms > 0),
  arm text NOT NULL,
  signature text NOT NULL,
  PRIMARY KEY (service_id, generation, window_start_ms, window_ms, arm, signature),
  CHECK (window_start_ms % window_ms = 0)
);
