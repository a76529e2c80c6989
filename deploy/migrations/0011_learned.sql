-- What experiments have taught about each way to change a prompt and each setting of parameters: one row per variant of a concluded
-- experiment. What they amount to is computed when it is asked for, so that old ones fade.
CREATE TABLE learned_outcomes (
  experiment text NOT NULL CHECK (experiment <> ''),
  variant text NOT NULL CHECK (variant <> ''),
  service_id text NOT NULL,
  what text NOT NULL CHECK (what IN ('prompts', 'parameters')),
  -- Id of the generator, or the setting, such as 'temperature=0.3 topP=0.9'.
  origin text NOT NULL CHECK (origin <> ''),
  task_type text NOT NULL,
  result text NOT NULL CHECK (result IN ('won', 'lost', 'undecided')),
  -- Variant - control on the primary metric.
  effect double precision,
  at_ms bigint NOT NULL,
  PRIMARY KEY (experiment, variant)
);

CREATE INDEX learned_outcomes_by_time ON learned_outcomes (what, at_ms);
