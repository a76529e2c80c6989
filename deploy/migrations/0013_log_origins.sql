-- Which topic a position belongs to, among those that have had its name: a topic that was deleted and made anew begins at 0 again, and its first
-- messages were never read. Null: the log does not tell, or has not been asked since this column came.
ALTER TABLE event_log_offsets ADD COLUMN topic_id text;

-- Of a message that could not be read: its topic's id, and when it came into the log. Null: not known.
ALTER TABLE dead_letters ADD COLUMN topic_id text, ADD COLUMN message_timestamp_ms bigint;
