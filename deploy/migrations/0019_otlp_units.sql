-- The unit of each OTLP metric of a service. A window adds up what it holds, so it holds one unit: the first that was stated.
CREATE TABLE otlp_units (
  service_id text NOT NULL,
  metric text NOT NULL,
  -- As in UCUM, where the sender follows that; annotations left out, so `{token}` is `1`.
  unit text NOT NULL,
  PRIMARY KEY (service_id, metric)
);
