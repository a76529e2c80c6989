// What becomes of messages that the store refuses: none of them may be read for ever.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { IngestContext } from '../../../src/ingest/context.ts';
import { createCounters } from '../../../src/ingest/counters.ts';
import { createInFlight } from '../../../src/ingest/in-flight.ts';
import { takeBatch } from '../../../src/ingest/log/take-batch.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { EventBatch } from '../../../src/ports/event-batch.ts';

const never = () => Promise.reject(new Error('nobody asks for this'));

/** A context whose store takes what `refuses` lets pass, and what it took. */
function storeThat(refuses: (batch: EventBatch) => boolean) {
  const taken: EventBatch[] = [];
  const alarms: Alert[] = [];
  const store: IngestContext['store'] = {
    serving: async () => new Map(),
    plainBatch: () => ({ add: () => undefined }),
    recordEvents: async (batch) => {
      if (refuses(batch)) throw new Error('invalid input syntax');
      taken.push(batch);
      return { kind: 'recorded', stored: batch.feedback.length, duplicates: 0, unknownService: 0 };
    },
    recordFeedback: never,
    recordPairs: never,
    recordStreams: never,
    setAside: never,
  };
  const alerts: IngestContext['alerts'] = {
    record: async (some) => {
      alarms.push(...some);
      return { stored: some.length, duplicates: 0, unknownService: 0 };
    },
    assign: never,
    claim: never,
    delivered: never,
    failed: never,
    nextTryAtMs: never,
  };
  const context: IngestContext = {
    store,
    alerts,
    deliverer: { kick: () => undefined },
    logger: pino({ level: 'silent' }),
    counters: createCounters(),
    inFlight: createInFlight(1),
    clock: () => Date.parse('2026-03-01T12:00:30Z'),
  };
  return { context, taken, alarms };
}

const batchOf = (...values: readonly string[]) => ({
  topic: 't',
  partition: 0,
  topicId: null,
  messages: values.map((value, offset) => ({
    offset,
    key: null,
    value: Buffer.from(value),
    headers: { bad: 'x' },
    timestampMs: null,
  })),
  position: 0,
  behind: 0,
});

it('keeps a letter whose headers the store refuses without them', async () => {
  const { context, taken } = storeThat(({ deadLetters }) =>
    deadLetters.some(({ headers }) => Object.keys(headers).length > 0),
  );
  expect(await takeBatch(context, { group: 'g', securityTopic: null }, batchOf('{', '['))).toEqual({
    kind: 'stored',
    next: 2,
  });
  const letters = taken.flatMap(({ deadLetters }) => deadLetters);
  expect(letters.map(({ offset, headers }) => [offset, headers])).toEqual([
    [0, {}],
    [1, {}],
  ]);
  expect(context.counters.log.deadLetters).toBe(2);
});

it.each([
  ['the topic of security alerts', 't', true],
  ['another topic', 'security', false],
  ['a topic, with none for security alerts alone', null, false],
])('takes a raw alert out of %s for what the topic says', async (_which, securityTopic, security) => {
  const { context, alarms } = storeThat(() => false);
  const raw = { alert_id: '1', anomaly_type: 'prompt_injection', severity: 'high', service_name: 'bot' };
  const batch = batchOf(JSON.stringify(raw), JSON.stringify([{ ...raw, alert_id: '2' }]));
  await takeBatch(context, { group: 'g', securityTopic }, batch);
  expect(alarms.map((alarm) => [alarm.id, alarm.security])).toEqual([
    ['1', security],
    ['2', security],
  ]);
});
