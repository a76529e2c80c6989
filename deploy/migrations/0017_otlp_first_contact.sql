-- OTLP streams of a process by themselves, and since when a service has sent any.

-- From here on the key of a cumulative stream holds its start, where that is known; rows of before are looked up under their own key while there is none
-- under the new one, and age out where they are. Delta and gauge points are remembered one by one in `event_ids`.
COMMENT ON COLUMN otlp_streams.stream_key IS
  'sha256 of the stream''s identity and, where it is known, its start; hexadecimal. Before schema 17: of the identity alone';

-- When the first OTLP metric of a service came, ms since the Unix epoch. What a process that is older had counted by then belongs to no window.
CREATE TABLE otlp_services (
  service_id text PRIMARY KEY,
  first_seen_ms bigint NOT NULL
);
