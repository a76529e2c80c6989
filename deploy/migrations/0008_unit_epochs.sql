-- From when on the units (sessions, users) of a service count anew: each weight of a change is an epoch of its own, and while no change is
-- under way every hour is one. Counted once for ever, the arm that has served for weeks would have no first exposures left to show.
CREATE TABLE unit_epochs (
  service_id text NOT NULL,
  -- What began it, such as the key of a weight's write: the same one again changes nothing.
  key text NOT NULL,
  began_at_ms bigint NOT NULL,
  -- `step`: units count once until the next epoch. `hour`: once an hour.
  every text NOT NULL CHECK (every IN ('step', 'hour')),
  PRIMARY KEY (service_id, key)
);
CREATE INDEX unit_epochs_newest ON unit_epochs (service_id, began_at_ms DESC);

ALTER TABLE exposure_units ADD COLUMN epoch_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE exposure_units DROP CONSTRAINT exposure_units_pkey;
ALTER TABLE exposure_units ADD PRIMARY KEY (service_id, generation, epoch_ms, unit_kind, unit_id);
