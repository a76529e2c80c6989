-- Alerts of a sentinel, kept before their sender is answered, and the signals that they were coalesced into.

-- One signal to a workflow. It stands for at least one alert and is sent until somebody has taken it.
CREATE TABLE alert_deliveries (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  security boolean NOT NULL,
  alerts integer NOT NULL CHECK (alerts > 0),
  -- What makes a signal that is sent twice harmless.
  message_id text NOT NULL UNIQUE,
  assigned_at_ms bigint NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  next_try_at_ms bigint NOT NULL,
  last_error text,
  delivered_at_ms bigint,
  -- The workflow that took it, or why nobody had to.
  delivered_to text,
  CHECK ((delivered_at_ms IS NULL) = (delivered_to IS NULL))
);
CREATE INDEX alert_deliveries_due ON alert_deliveries (next_try_at_ms) WHERE delivered_at_ms IS NULL;
CREATE INDEX alert_deliveries_by_time ON alert_deliveries (assigned_at_ms);

-- One row per alert and service that it names. `source` is empty for an alert without an envelope.
CREATE TABLE alerts (
  source text NOT NULL,
  id text NOT NULL,
  service_id text NOT NULL,
  no bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  security boolean NOT NULL,
  received_at_ms bigint NOT NULL,
  data json NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'assigned', 'unknownService')),
  delivery_no bigint REFERENCES alert_deliveries,
  PRIMARY KEY (source, id, service_id),
  CHECK ((state = 'assigned') = (delivery_no IS NOT NULL))
);
CREATE INDEX alerts_waiting ON alerts ((security OR severity = 'critical') DESC, no) WHERE state = 'waiting';
CREATE INDEX alerts_by_time ON alerts (received_at_ms);
