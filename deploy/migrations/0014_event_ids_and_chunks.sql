-- Raw events by the batch and their identities by themselves, instead of a row and two index entries of text for each event.

-- What an older process is about to commit is waited for, and it gets no further: nothing is left behind.
LOCK TABLE feedback_events IN ACCESS EXCLUSIVE MODE;

-- Which events came. key: the first 16 bytes of sha256(source, NUL, id). An event is remembered by the seven days in which it arrived (period: days
-- since the Unix epoch / 7, UTC), so that what is too old goes as a whole: an identity holds for 7 to 14 days, whatever time its event tells.
CREATE TABLE event_ids (
  key uuid NOT NULL,
  period integer NOT NULL
) PARTITION BY LIST (period);

-- Makes the partition of a period, the first time that somebody is in it. It waits for those who write into the one before, and they for it: from then
-- on nobody does, and what is in it can be looked at without its changing.
CREATE FUNCTION ensure_event_period(of_period integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  partition text := 'event_ids_' || of_period;
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('event_ids', 0));
  EXECUTE format('CREATE TABLE %I PARTITION OF event_ids FOR VALUES IN (%L)', partition, of_period);
  EXECUTE format('CREATE UNIQUE INDEX ON %I (key)', partition);
EXCEPTION WHEN duplicate_table THEN RETURN;
END $$;

-- Remembers events and returns the keys that are new. Two transactions with the same key wait for each other; in key order, so never in a circle. A
-- process whose clock is behind writes into the newest period that there is. Joins by index only: how many keys there are, no statistics know.
CREATE FUNCTION remember_events(keys uuid[], of_period integer) RETURNS SETOF uuid
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  at_period integer;
  fresh uuid[] := keys;
  earlier regclass;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('event_ids', 0));
  SELECT greatest(of_period, max(substring(inhrelid::regclass::text FROM '\d+$')::integer)) INTO at_period
  FROM pg_inherits WHERE inhparent = 'event_ids'::regclass;
  FOR earlier IN
    SELECT inhrelid::regclass FROM pg_inherits
    WHERE inhparent = 'event_ids'::regclass AND inhrelid <> ('event_ids_' || at_period)::regclass
  LOOP
    EXECUTE format(
      'SELECT ARRAY(SELECT k FROM unnest($1) AS k WHERE NOT EXISTS (SELECT FROM %s e WHERE e.key = k))', earlier)
    INTO fresh USING fresh;
  END LOOP;
  RETURN QUERY EXECUTE format(
    'INSERT INTO %I (key, period) SELECT k, %s FROM unnest($1) AS k ORDER BY k ON CONFLICT DO NOTHING RETURNING key',
    'event_ids_' || at_period, at_period)
  USING fresh;
END $$;

-- Whether any of these events is remembered. For those who would have to take back what they have inserted.
CREATE FUNCTION any_event_remembered(keys uuid[]) RETURNS boolean
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
  RETURN EXISTS (SELECT FROM unnest(keys) AS k WHERE EXISTS (SELECT FROM event_ids e WHERE e.key = k));
END $$;

-- The events of one batch, service and UTC day of exposure: one line of JSON each, {"source", "id", "data", ...}, with "at" (exposure, ms since the
-- Unix epoch) unless its time is in the form YYYY-MM-DDTHH:MM:SS.mmmZ. A day is dropped as a whole.
CREATE TABLE feedback_chunks (
  day date NOT NULL,
  service_id text NOT NULL,
  -- Exposure of the first and of the last event.
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  received_at_ms bigint NOT NULL,
  -- Whether the service was registered when the events arrived.
  service_known boolean NOT NULL,
  count integer NOT NULL CHECK (count > 0),
  events text NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX feedback_chunks_by_exposure ON feedback_chunks (service_id, to_ms);

-- Compressed by LZ4, or not at all: the compression that every server has is too slow for what each event brings.
-- Sketches are written anew with every batch, and compressed each time.
DO $$ BEGIN
  ALTER TABLE feedback_chunks ALTER COLUMN events SET COMPRESSION lz4;
  ALTER TABLE metric_windows ALTER COLUMN sketch SET COMPRESSION lz4, ALTER COLUMN first_sketch SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  ALTER TABLE feedback_chunks ALTER COLUMN events SET STORAGE EXTERNAL;
END $$;

DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT DISTINCT received_at_ms / 604800000 AS period FROM feedback_events LOOP
    PERFORM ensure_event_period(each.period::integer);
  END LOOP;
  FOR each IN SELECT DISTINCT day FROM feedback_events LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF feedback_chunks FOR VALUES FROM (%L) TO (%L)',
      'feedback_chunks_' || to_char(each.day, 'YYYYMMDD'), each.day, each.day + 1);
  END LOOP;
END $$;
INSERT INTO event_ids (key, period)
SELECT DISTINCT ON (key) key, period FROM (
  SELECT substr(encode(sha256(convert_to(source, 'UTF8') || '\x00'::bytea || convert_to(id, 'UTF8')), 'hex'), 1, 32)::uuid AS key,
    (received_at_ms / 604800000)::integer AS period
  FROM feedback_events) AS e ORDER BY key, period DESC;
INSERT INTO feedback_chunks (day, service_id, from_ms, to_ms, received_at_ms, service_known, count, events)
SELECT day, service_id, exposed_at_ms, exposed_at_ms, received_at_ms, service_known, 1,
  '{"source":' || to_json(source) || ',"id":' || to_json(id) || ',"at":' || exposed_at_ms || ',"data":'
    -- What a text of PostgreSQL cannot hold, and would break every read of it.
    || regexp_replace(data::text, '(?<!\\)((?:\\\\)*)\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\ufffd', 'g') || '}'
FROM feedback_events;
DROP TABLE feedback_events;

CREATE OR REPLACE FUNCTION ensure_feedback_partition(of_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  partition text := 'feedback_chunks_' || to_char(of_day, 'YYYYMMDD');
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('ensure_feedback_partition', 0));
  EXECUTE format(
    'CREATE TABLE %I PARTITION OF feedback_chunks FOR VALUES FROM (%L) TO (%L)', partition, of_day, of_day + 1);
EXCEPTION WHEN duplicate_table THEN RETURN;
END $$;

-- Exposure of an event out of a chunk, ms since the Unix epoch.
CREATE FUNCTION exposure_of(event json) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce((event->>'at')::bigint,
    floor(extract(epoch FROM (event->'data'->>'timestamp')::timestamptz) * 1000)::bigint)
$$;

-- The raw events one by one.
CREATE VIEW feedback_events AS
SELECT e.event->>'source' AS source, e.event->>'id' AS id, c.day, c.service_id,
  exposure_of(e.event) AS exposed_at_ms,
  c.received_at_ms, c.service_known, e.event->'data' AS data
FROM feedback_chunks c
CROSS JOIN LATERAL (SELECT line::json AS event FROM string_to_table(c.events, E'\n') AS line) AS e;

-- Sum of two sketches as before, the usual case faster: what comes lies within what is there, and most of its buckets are empty.
CREATE OR REPLACE FUNCTION merge_sketches(a quantile_sketch, b quantile_sketch) RETURNS quantile_sketch
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  at integer;
  n bigint;
  first integer;
  merged bigint[];
BEGIN
  IF a.alpha IS NULL THEN RETURN b; END IF;
  IF b.alpha IS NULL THEN RETURN a; END IF;
  IF a.alpha <> b.alpha THEN
    RAISE EXCEPTION 'sketches to merge must share alpha, got % and %', a.alpha, b.alpha;
  END IF;
  IF cardinality(b.counts) = 0 THEN
    RETURN ROW(a.alpha, a.zero_count + b.zero_count, a.first_bucket, a.counts)::quantile_sketch;
  END IF;
  IF cardinality(a.counts) = 0 THEN
    RETURN ROW(a.alpha, a.zero_count + b.zero_count, b.first_bucket, b.counts)::quantile_sketch;
  END IF;
  at := b.first_bucket - a.first_bucket;
  IF at >= 0 AND at + cardinality(b.counts) <= cardinality(a.counts) THEN
    merged := a.counts;
    FOREACH n IN ARRAY b.counts LOOP
      at := at + 1;
      IF n <> 0 THEN merged[at] := merged[at] + n; END IF;
    END LOOP;
    RETURN ROW(a.alpha, a.zero_count + b.zero_count, a.first_bucket, merged)::quantile_sketch;
  END IF;
  first := least(a.first_bucket, b.first_bucket);
  SELECT array_agg(coalesce(pair.x, 0) + coalesce(pair.y, 0)) INTO merged
  FROM unnest(
    array_fill(0::bigint, ARRAY[a.first_bucket - first]) || a.counts,
    array_fill(0::bigint, ARRAY[b.first_bucket - first]) || b.counts
  ) AS pair(x, y);
  RETURN ROW(a.alpha, a.zero_count + b.zero_count, first, merged)::quantile_sketch;
END $$;

-- Adds rows of metric_windows as JSON to the windows. A row without `first_count` has nothing but first observations, which are then the same twice,
-- and are merged once as long as all that came before was so, too. Rows in one order for all writers, so that nobody waits in a circle.
CREATE FUNCTION add_to_windows(additions json) RETURNS void LANGUAGE sql AS $$
  INSERT INTO metric_windows AS w (service_id, window_start_ms, window_ms, arm, generation, metric, task_type,
    count, sum, sum_of_squares, min, max, sketch,
    first_count, first_sum, first_sum_of_squares, first_min, first_max, first_sketch)
  SELECT service_id, window_start_ms, window_ms, arm, generation, metric, task_type,
    count, sum, sum_of_squares, min, max, sketch,
    coalesce(first_count, count), coalesce(first_sum, sum), coalesce(first_sum_of_squares, sum_of_squares),
    CASE WHEN first_count IS NULL THEN min ELSE first_min END,
    CASE WHEN first_count IS NULL THEN max ELSE first_max END,
    CASE WHEN first_count IS NULL THEN sketch ELSE first_sketch END
  FROM json_populate_recordset(NULL::metric_windows, additions)
  ON CONFLICT (service_id, window_start_ms, window_ms, arm, generation, metric, task_type) DO UPDATE SET
    count = w.count + excluded.count,
    sum = w.sum + excluded.sum,
    sum_of_squares = w.sum_of_squares + excluded.sum_of_squares,
    min = least(w.min, excluded.min),
    max = greatest(w.max, excluded.max),
    first_count = w.first_count + excluded.first_count,
    first_sum = w.first_sum + excluded.first_sum,
    first_sum_of_squares = w.first_sum_of_squares + excluded.first_sum_of_squares,
    first_min = least(w.first_min, excluded.first_min),
    first_max = greatest(w.first_max, excluded.first_max),
    (sketch, first_sketch) = (
      SELECT merged.sketch, CASE
        WHEN w.first_sketch IS NOT DISTINCT FROM w.sketch AND excluded.first_sketch IS NOT DISTINCT FROM excluded.sketch
        THEN merged.sketch ELSE merge_sketches(w.first_sketch, excluded.first_sketch) END
      FROM (SELECT merge_sketches(w.sketch, excluded.sketch) AS sketch OFFSET 0) AS merged)
$$;

-- Keeps chunks of events. Each array has an entry per chunk; `events` is their text, one after the other, `lengths` in bytes.
CREATE FUNCTION keep_chunks(
  days date[], services text[], from_ms bigint[], to_ms bigint[], known boolean[], counts integer[], starts integer[],
  lengths integer[], events bytea, now_ms bigint
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO feedback_chunks (day, service_id, from_ms, to_ms, received_at_ms, service_known, count, events)
  SELECT c.day, c.service_id, c.from_ms, c.to_ms, now_ms, c.known, c.count,
    convert_from(substring(events FROM c.start FOR c.length), 'UTF8')
  FROM unnest(days, services, from_ms, to_ms, known, counts, starts, lengths)
    AS c(day, service_id, from_ms, to_ms, known, count, start, length)
$$;

-- Moves the position of a reader from where it believes it to be (null: never read); false when another reader has moved it, or its topic is no more.
-- The commit need not wait for the disk: a crash that loses it loses the position too, the log still has what was read, and nobody was told that it is stored.
CREATE FUNCTION move_log_position(
  of_group text, of_topic text, of_partition integer, of_topic_id text, from_offset bigint, to_offset bigint, now_ms bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF from_offset IS NULL THEN
    INSERT INTO event_log_offsets (consumer_group, topic, partition, next_offset, updated_at_ms, topic_id)
    VALUES (of_group, of_topic, of_partition, to_offset, now_ms, of_topic_id) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE event_log_offsets SET next_offset = to_offset, updated_at_ms = now_ms
    WHERE consumer_group = of_group AND topic = of_topic AND partition = of_partition AND next_offset = from_offset
      AND topic_id IS NOT DISTINCT FROM of_topic_id;
  END IF;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN true;
END $$;

-- The usual batch of feedback in one statement: position (none when consumer_group is null), identities, raw events, windows. It does all of it or, where
-- one of what it was reckoned with does not hold, nothing, and says which: `moved` (another reader has the position), `settings` (a service has other
-- blocks), `known` (an event came before).
CREATE FUNCTION record_plain_feedback(
  of_group text, of_topic text, of_partition integer, of_topic_id text, from_offset bigint, to_offset bigint,
  of_services text[], of_blocks integer[], keys uuid[], of_period integer,
  days date[], services text[], from_ms bigint[], to_ms bigint[], known boolean[], counts integer[], starts integer[],
  lengths integer[], events bytea, windows json, now_ms bigint, wary boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  changed integer;
BEGIN
  IF EXISTS (
    SELECT FROM unnest(of_services, of_blocks) AS a(service_id, block_ms) LEFT JOIN services s USING (service_id)
    WHERE s.block_ms IS DISTINCT FROM a.block_ms) THEN RETURN 'settings'; END IF;
  BEGIN
    IF of_group IS NOT NULL
      AND NOT move_log_position(of_group, of_topic, of_partition, of_topic_id, from_offset, to_offset, now_ms)
    THEN RETURN 'moved'; END IF;
    -- Where repeats are usual they are looked for first: what is inserted and taken back bloats the largest table that there is.
    IF wary AND any_event_remembered(keys) THEN RAISE EXCEPTION 'known' USING ERRCODE = 'LO001'; END IF;
    SELECT count(*) INTO changed FROM remember_events(keys, of_period);
    IF changed < cardinality(keys) THEN RAISE EXCEPTION 'known' USING ERRCODE = 'LO001'; END IF;
    PERFORM keep_chunks(days, services, from_ms, to_ms, known, counts, starts, lengths, events, now_ms);
    PERFORM add_to_windows(windows);
    RETURN 'recorded';
  EXCEPTION WHEN SQLSTATE 'LO001' THEN
    RETURN 'known';
  END;
END $$;
