-- Batches of several partitions in one statement, and identities that are new as a rule inserted as such.

-- Enters the period that events are remembered in now, and says which it is and where those before it are kept. Nobody makes a newer one until the
-- transaction ends. A process whose clock is behind is in the newest period that there is.
CREATE FUNCTION enter_event_period(of_period integer, OUT at_period integer, OUT earlier regclass[]) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('event_ids', 0));
  SELECT greatest(of_period, max(substring(inhrelid::regclass::text FROM '\d+$')::integer)) INTO at_period
  FROM pg_inherits WHERE inhparent = 'event_ids'::regclass;
  SELECT coalesce(array_agg(inhrelid::regclass), '{}') INTO earlier
  FROM pg_inherits WHERE inhparent = 'event_ids'::regclass AND inhrelid <> ('event_ids_' || at_period)::regclass;
END $$;

-- As before; the period by enter_event_period.
CREATE OR REPLACE FUNCTION remember_events(keys uuid[], of_period integer) RETURNS SETOF uuid
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  period record;
  fresh uuid[] := keys;
  partition regclass;
BEGIN
  SELECT * INTO period FROM enter_event_period(of_period);
  FOREACH partition IN ARRAY period.earlier LOOP
    EXECUTE format(
      'SELECT ARRAY(SELECT k FROM unnest($1) AS k WHERE NOT EXISTS (SELECT FROM %s e WHERE e.key = k))', partition)
    INTO fresh USING fresh;
  END LOOP;
  RETURN QUERY EXECUTE format(
    'INSERT INTO %I (key, period) SELECT k, %s FROM unnest($1) AS k ORDER BY k ON CONFLICT DO NOTHING RETURNING key',
    'event_ids_' || period.at_period, period.at_period)
  USING fresh;
END $$;

-- Remembers events that are all new; raises LO001 or unique_violation when one of them came before. It does nothing for the case that it is not so, which
-- is what ON CONFLICT costs: a look into the index before each key, and a second record in the write-ahead log after it. Order and locks as
-- remember_events.
CREATE FUNCTION remember_new_events(keys uuid[], of_period integer) RETURNS void
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  period record;
  partition regclass;
  came_before boolean;
BEGIN
  SELECT * INTO period FROM enter_event_period(of_period);
  FOREACH partition IN ARRAY period.earlier LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM unnest($1) AS k WHERE EXISTS (SELECT FROM %s e WHERE e.key = k))', partition)
    INTO came_before USING keys;
    IF came_before THEN RAISE EXCEPTION 'known' USING ERRCODE = 'LO001'; END IF;
  END LOOP;
  EXECUTE format('INSERT INTO %I (key, period) SELECT k, %s FROM unnest($1) AS k ORDER BY k',
    'event_ids_' || period.at_period, period.at_period)
  USING keys;
END $$;

-- As record_plain_feedback was, of batches that move as many positions: an entry per move in each of the first six arrays, in one order for all
-- writers; none for a batch that comes out of no log. Ingest stands still while a schema of before 17 is brought forward, so nobody calls the old one.
DROP FUNCTION record_plain_feedback;
CREATE FUNCTION record_plain_batches(
  of_groups text[], of_topics text[], of_partitions integer[], of_topic_ids text[], from_offsets bigint[], to_offsets bigint[],
  of_services text[], of_blocks integer[], keys uuid[], of_period integer,
  days date[], services text[], from_ms bigint[], to_ms bigint[], known boolean[], counts integer[], starts integer[],
  lengths integer[], events bytea, windows json, now_ms bigint, wary boolean
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM unnest(of_services, of_blocks) AS a(service_id, block_ms) LEFT JOIN services s USING (service_id)
    WHERE s.block_ms IS DISTINCT FROM a.block_ms) THEN RETURN 'settings'; END IF;
  BEGIN
    FOR i IN 1 .. cardinality(of_groups) LOOP
      IF NOT move_log_position(
        of_groups[i], of_topics[i], of_partitions[i], of_topic_ids[i], from_offsets[i], to_offsets[i], now_ms)
      THEN RAISE EXCEPTION 'moved' USING ERRCODE = 'LO002'; END IF;
    END LOOP;
    -- Where repeats are usual they are looked for first: what is inserted and taken back bloats the largest table that there is.
    IF wary AND any_event_remembered(keys) THEN RAISE EXCEPTION 'known' USING ERRCODE = 'LO001'; END IF;
    PERFORM remember_new_events(keys, of_period);
    PERFORM keep_chunks(days, services, from_ms, to_ms, known, counts, starts, lengths, events, now_ms);
    PERFORM add_to_windows(windows);
    RETURN 'recorded';
  EXCEPTION
    WHEN SQLSTATE 'LO001' OR unique_violation THEN RETURN 'known';
    WHEN SQLSTATE 'LO002' THEN RETURN 'moved';
  END;
END $$;
