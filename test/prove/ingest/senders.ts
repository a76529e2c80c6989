/**
 * The senders of `prove ingest`: each goes on until what it sends is acknowledged, whatever fails meanwhile, and sends nothing more before. So the events of a unit,
 * which all come from one sender and lie in one partition, arrive first in the order in which they were made.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import { seededRandom } from '../../support/feedback.ts';
import type { Stage } from '../../support/ingest-stage.ts';
import { eventMaker, garbageOf, messageOf, strangeOf } from './events.ts';
import { insist } from './insist.ts';
import { identityOf, type Ledger } from './ledger.ts';

/** Of a hundred messages so many are garbage, so many alerts, and so many are sent a second time. */
const GARBAGE_PCT = 1;
const ALERT_PCT = 0.5;
const AGAIN_PCT = 2;
const AT_ONCE = 100;
/** Between two batches: sending goes on for as long as the disturbances. */
const PAUSE_MS = 250;
const POST_MS = 10_000;

export const TOPICS = {
  feedback: 'llm.observatory.feedback',
  metric: 'llm.observatory.metrics',
  anomaly: 'llm.sentinel.anomaly.detected',
  security: 'llm.sentinel.security.alert',
} as const;

/** Garbage, each with a text of its own. */
export interface Garbage {
  readonly log: Set<string>;
  readonly http: Set<string>;
}

type Placed = Message & { readonly topic: string };

/** The service whose rollout runs; any other is unknown, and its alerts go nowhere. */
export const HURT = 'hurt';

/**
 * Half of them raw and among the feedback, half of them CloudEvents in the sentinel's own topic. Half of them are of the service whose rollout runs, and every other of
 * those is raw in the topic of security alerts, under a kind that does not say so.
 */
function alertOf(random: () => number, no: number, ledger: Ledger): Placed {
  const raw = random() < 0.5;
  const [anomaly_type, severity, id] = ['latency', 'high', `alert-${no}`];
  const service_name = no % 2 === 0 ? HURT : 'nobody';
  const security = no % 4 === 0;
  ledger.alerts.add(identityOf(raw || security ? '' : '/prove/sentinel', id));
  if (service_name === HURT) ledger.alarm(security);
  if (security) {
    const alert = { alert_id: id, anomaly_type: 'prompt_injection', severity, service_name };
    return { topic: TOPICS.security, value: JSON.stringify(alert) };
  }
  if (raw) {
    const alert = { alert_id: id, anomaly_type, severity, service_name };
    return { topic: TOPICS.feedback, value: JSON.stringify(alert) };
  }
  const type = 'com.llmdevops.sentinel.anomaly.v1';
  const data = { anomaly_type, severity, affected_services: [service_name] };
  const envelope = { specversion: '1.0', type, source: '/prove/sentinel', id, data };
  return { topic: TOPICS.anomaly, value: JSON.stringify(envelope) };
}

/** @param count messages, without those that are sent again */
export async function sendToKafka(
  stage: Stage,
  ledger: Ledger,
  garbage: Garbage,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<void> {
  const random = seededRandom(seed);
  const make = eventMaker(random, 'kafka');
  const producer = stage.kafka.client.producer();
  await producer.connect();
  const next = (no: number): readonly Placed[] => {
    const lot = random() * 100;
    if (lot < GARBAGE_PCT) {
      const value = garbageOf(random, `kafka-garbage-${no}`);
      garbage.log.add(value);
      return [{ topic: random() < 0.5 ? TOPICS.feedback : TOPICS.metric, value }];
    }
    if (lot < GARBAGE_PCT + ALERT_PCT) return [alertOf(random, no, ledger)];
    const made = make(no, Date.now());
    made.enter(ledger);
    const topic = made.kind === 'metric' ? TOPICS.metric : TOPICS.feedback;
    const message = { ...messageOf(random, made), topic };
    return random() * 100 < AGAIN_PCT ? [message, message] : [message];
  };
  for (let first = 0; first < count; first += AT_ONCE) {
    const placed = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => next(first + i)).flat();
    const topicMessages = [...new Set(placed.map(({ topic }) => topic))].map((topic) => ({
      topic,
      messages: placed.filter((message) => message.topic === topic),
    }));
    await insist(() => producer.sendBatch({ topicMessages }));
    await delay(PAUSE_MS);
  }
  await producer.disconnect();
}

/** @param count events, without those that are sent again */
export async function sendOverHttp(
  stage: Stage,
  ledger: Ledger,
  garbage: Garbage,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<void> {
  const random = seededRandom(seed);
  const make = eventMaker(random, 'http');
  const next = (no: number): object => {
    if (random() * 100 < GARBAGE_PCT) {
      const strange = strangeOf(`http-garbage-${no}`);
      garbage.http.add(JSON.stringify(strange));
      return strange;
    }
    const made = make(no, Date.now());
    made.enter(ledger);
    return made.envelope;
  };
  for (let first = 0; first < count; first += AT_ONCE) {
    const body = JSON.stringify(
      Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, i) => next(first + i)),
    );
    const post = async (): Promise<void> => {
      const answer = await fetch(`${stage.httpUrl}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body,
        signal: AbortSignal.timeout(POST_MS),
      });
      await answer.arrayBuffer();
      if (answer.status !== 202 && answer.status !== 207) throw new Error(`${answer.status}`);
    };
    await insist(post);
    if (random() * 100 < AGAIN_PCT) await insist(post);
    await delay(PAUSE_MS * 4);
  }
}
