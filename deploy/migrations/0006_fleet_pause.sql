-- A pause of the whole fleet: one row, set by a named command. While it stands nothing starts and no step goes on; rollbacks do.
CREATE TABLE fleet_pause (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  paused_by text NOT NULL CHECK (paused_by <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  at_ms bigint NOT NULL
);
