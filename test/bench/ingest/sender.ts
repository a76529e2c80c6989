/**
 * Sends feedback to Kafka at a rate, as a process of its own: `sender.ts BROKERS TOPIC EVENTS_PER_SECOND SECONDS SEED`. A rate of 0 sends as fast as it
 * can, EVENTS_PER_SECOND events in all then. Tells each marker on a line: `SERVICE SENT_AT_MS`. A marker is an event of a service of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { randomFeedback } from '../../support/feedback.ts';

const TICK_MS = 10;
/** Ticks between two markers. */
const MARKED = 5;
const AT_ONCE = 2_000;
const SOURCE = '/bench/gateway';

const [brokers = '', topic = '', rate = '0', seconds = '0', seed = '1'] = process.argv.slice(2);
const producer = new Kafka({ clientId: 'bench', brokers: [brokers], logLevel: logLevel.NOTHING }).producer();
await producer.connect();
/** Drawn once: a sender that costs little leaves the two cores to what is measured. */
const drawn = randomFeedback(Number(seed), 5_000, { startMs: 0, spanMs: 1 });
let sent = 0;

function messageOf(service: string, nowMs: number): Message {
  sent += 1;
  const { data } = drawn[sent % drawn.length]!;
  const id = `${seed}-${sent}`;
  const event: FeedbackEvent['data'] = {
    ...data,
    id,
    request_id: id,
    unit: { kind: 'request', id },
    service,
    timestamp: new Date(nowMs).toISOString(),
  };
  const envelope = { specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source: SOURCE, id, data: event };
  return { value: JSON.stringify(envelope) };
}
const send = (messages: Message[]) => producer.send({ topic, messages, acks: 1 });

if (Number(seconds) === 0) {
  while (sent < Number(rate)) {
    const nowMs = Date.now();
    const count = Math.min(AT_ONCE, Number(rate) - sent);
    await send(Array.from({ length: count }, () => messageOf('support-bot', nowMs)));
  }
} else {
  const beganMs = performance.now();
  const inFlight = new Set<Promise<unknown>>();
  for (let tick = 1; tick * TICK_MS <= Number(seconds) * 1_000; tick += 1) {
    const waitMs = beganMs + tick * TICK_MS - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const nowMs = Date.now();
    const count = Math.round((Number(rate) * TICK_MS * tick) / 1_000) - sent;
    const messages = Array.from({ length: Math.max(0, count) }, () => messageOf('support-bot', nowMs));
    if (tick % MARKED === 0) {
      const marker = `marker-${tick}`;
      messages.push(messageOf(marker, nowMs));
      process.stdout.write(`${marker} ${nowMs}\n`);
    }
    const one = send(messages).finally(() => inFlight.delete(one));
    inFlight.add(one);
  }
  await Promise.all(inFlight);
}
await producer.disconnect();
process.stdout.write(`sent ${sent}\n`);
