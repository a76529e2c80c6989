-- What the removal of old rows looks them up by.

-- A delivery goes after its alerts: without this index each one would read all alerts to see that none is left.
CREATE INDEX alerts_by_delivery ON alerts (delivery_no) WHERE delivery_no IS NOT NULL;

-- A dead letter may wait for weeks before its topic refuses it: it is kept from then on. Of those refused before this, nobody knows when that was;
-- a process of the version before, while both run, does not write it down.
ALTER TABLE dead_letters ADD COLUMN refused_at_ms bigint;
UPDATE dead_letters SET refused_at_ms = (extract(epoch FROM now()) * 1000)::bigint WHERE refused IS NOT NULL;
CREATE INDEX dead_letters_refused ON dead_letters (coalesce(refused_at_ms, set_aside_at_ms)) WHERE refused IS NOT NULL;
