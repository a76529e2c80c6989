-- Batches of several partitions in one statement, and identities that are new as a rule inserted as such.

-- Remembers events that are all new; raises LO001 or unique_violation when one of them came before. It does nothing for the case that it is not so, which
-- is what ON CONFLICT costs: a look into the index before each key, and a second record in the write-ahead log after it. Order, locks and periods as
-- remember_events.
CREATE FUNCTION remember_new_events(keys uuid[], of_period integer) RETURNS void
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  at_period integer;
  earlier regclass;
  came_before boolean;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('event_ids', 0));
  SELECT greatest(of_period, max(substring(inhrelid::regclass::text FROM '\d+$')::integer)) INTO at_period
  FROM pg_inherits WHERE inhparent = 'event_ids'::regclass;
  FOR earlier IN
    SELECT inhrelid::regclass FROM pg_inherits
    WHERE inhparent = 'event_ids'::regclass AND inhrelid <> ('event_ids_' || at_period)::regclass
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM unnest($1) AS k WHERE EXISTS (SELECT FROM %s e WHERE e.key = k))', earlier)
    INTO came_before USING keys;
    IF came_before THEN RAISE EXCEPTION 'known' USING ERRCODE = 'LO001'; END IF;
  END LOOP;
  EXECUTE format(
    'INSERT INTO %I (key, period) SELECT k, %s FROM unnest($1) AS k ORDER BY k', 'event_ids_' || at_period, at_period)
  USING keys;
END $$;

-- As record_plain_feedback, which stays for processes of the release before, of batches that move as many positions: an entry per move in each of the
-- first six arrays, in one order for all writers; none for a batch that comes out of no log.
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
