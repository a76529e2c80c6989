-- What the removal of old rows looks them up by.

-- A delivery goes after its alerts: without this index each one would read all alerts to see that none is left.
CREATE INDEX alerts_by_delivery ON alerts (delivery_no) WHERE delivery_no IS NOT NULL;
CREATE INDEX dead_letters_refused ON dead_letters (set_aside_at_ms) WHERE refused IS NOT NULL;
