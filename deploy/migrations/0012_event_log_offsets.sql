-- How far each partition of an event log was read: moved in the transaction that stored what was read, so that the two never differ.
CREATE TABLE event_log_offsets (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL CHECK (partition >= 0),
  -- Offset of the first message that is not stored yet.
  next_offset bigint NOT NULL CHECK (next_offset >= 0),
  updated_at_ms bigint NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

-- Messages that could not be read, on their way to the dead-letter topic: kept in the same transaction as the offset that passes them, and
-- deleted when the topic has them.
CREATE TABLE dead_letters (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  partition integer NOT NULL,
  message_offset bigint NOT NULL,
  message_key bytea,
  message_value bytea,
  headers json NOT NULL,
  reason text NOT NULL,
  set_aside_at_ms bigint NOT NULL,
  -- Why the dead-letter topic does not take it either, such as its size; null while it is still to be sent.
  refused text
);
CREATE INDEX dead_letters_to_send ON dead_letters (no) WHERE refused IS NULL;
