-- What was decided and why, what became of it, and who did what. Kept for ever.
-- `json` where the text must read back digit for digit: a decision is judged again from it.

CREATE TABLE optimization_decisions (
  -- <workflowId>/<runId>/<kind>/<n>
  id text PRIMARY KEY,
  service_id text NOT NULL,
  workflow_id text NOT NULL,
  run_id text NOT NULL,
  kind text NOT NULL,
  outcome text NOT NULL,
  reason text NOT NULL,
  detail json NOT NULL,
  hash text NOT NULL,
  at_ms bigint NOT NULL,
  -- Order of arrival: tells decisions of the same millisecond apart.
  seq bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX optimization_decisions_by_service ON optimization_decisions (service_id, at_ms DESC, seq DESC);
CREATE INDEX optimization_decisions_by_workflow ON optimization_decisions (workflow_id, at_ms DESC, seq DESC);

-- Projection for screens and reports. No workflow reads it back.
CREATE TABLE rollouts (
  workflow_id text NOT NULL,
  run_id text NOT NULL,
  service_id text NOT NULL,
  generation bigint NOT NULL CHECK (generation >= 0),
  phase text NOT NULL,
  step_index integer NOT NULL,
  weight_pct double precision NOT NULL CHECK (weight_pct BETWEEN 0 AND 100),
  started_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  reason text,
  state json NOT NULL,
  PRIMARY KEY (workflow_id, run_id)
);
CREATE INDEX rollouts_by_service ON rollouts (service_id, started_at_ms DESC);

-- A block as a rollout folded it into its evidence. Labels that arrive later are told apart by the difference.
CREATE TABLE rollout_blocks (
  service_id text NOT NULL,
  generation bigint NOT NULL,
  block_ms integer NOT NULL CHECK (block_ms > 0),
  -- floor(exposure / block_ms)
  no bigint NOT NULL,
  -- Unit-first observations in it, over both arms and all metrics: a greater sum in metric_windows means late ones.
  observations bigint NOT NULL CHECK (observations >= 0),
  -- Both arms: metric -> window statistics.
  arms json NOT NULL,
  PRIMARY KEY (service_id, generation, block_ms, no)
);

CREATE TABLE audit_log (
  id text PRIMARY KEY,
  service_id text NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  detail json NOT NULL,
  at_ms bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX audit_log_by_service ON audit_log (service_id, at_ms DESC, seq DESC);

CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append only: % refused', TG_OP;
END $$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
