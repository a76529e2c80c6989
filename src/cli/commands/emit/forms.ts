/** The forms that ingest takes an event in, over HTTP and Kafka (CloudEvents 1.0 and its two protocol bindings). Pure. */
import { Failure } from '../../../domain/failure.ts';
import type { OutgoingMessage } from '../../../ports/event-log.ts';
import type { OpenedLog } from '../parts.ts';

export const FORMS = ['structured', 'binary', 'raw', 'batch'] as const;
export type Form = (typeof FORMS)[number];

type Event = Readonly<Record<string, unknown>>;
type Topic = keyof OpenedLog['topics'];

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const JSON_TYPE = 'application/json';

const asEvent = (value: unknown): Event => (typeof value === 'object' && value !== null ? { ...value } : {});
const hasEnvelope = (event: Event): boolean => event['specversion'] !== undefined;

/** Where an event goes by its type; a raw alert is an anomaly unless it says that it is about security. */
function topicOf({ type, anomaly_type }: Event): Topic {
  const name = `${typeof type === 'string' ? type : ''} ${typeof anomaly_type === 'string' ? anomaly_type : ''}`;
  if (name.includes('.metric.')) return 'metrics';
  if (name.includes('security')) return 'security';
  if (name.includes('drift')) return 'drift';
  return name.includes('.anomaly.') || anomaly_type !== undefined ? 'anomaly' : 'feedback';
}

/** @throws Failure('InvalidInput') when an event has no such form */
function requireForm(event: Event, form: Form): void {
  if (form === 'raw' ? !hasEnvelope(event) : hasEnvelope(event)) return;
  const expected =
    form === 'raw' ? 'an alert without an envelope' : 'a CloudEvent with specversion, or --as raw';
  throw new Failure('InvalidInput', `--as ${form}: expected ${expected}`, [
    { field: '--as', value: form, expected },
  ]);
}

/** Attributes and data of an event apart. */
function apart(event: Event): {
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: unknown;
} {
  const { data, datacontenttype: _type, ...attributes } = event;
  const texts = Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { attributes: Object.fromEntries(texts) as Record<string, string>, data: data ?? null };
}

const prefixed = (
  attributes: Readonly<Record<string, string>>,
  prefix: string,
  code: (text: string) => string,
) => Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}${name}`, code(value)]));

/** A Kafka message of these events, which are one unless it is a batch. */
export function messageFor(
  events: readonly unknown[],
  form: Form,
): { readonly message: OutgoingMessage; readonly to: Topic } {
  const of = events.map(asEvent);
  for (const event of of) requireForm(event, form);
  const first = of[0] ?? {};
  const message = (value: unknown, headers: Readonly<Record<string, string>>): OutgoingMessage => ({
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    headers,
  });
  const to = topicOf(first);
  if (form === 'batch') return { message: message(of, { 'content-type': BATCH }), to };
  if (form === 'raw') return { message: message(first, { 'content-type': JSON_TYPE }), to };
  if (form === 'structured') return { message: message(first, { 'content-type': STRUCTURED }), to };
  const { attributes, data } = apart(first);
  const headers = { ...prefixed(attributes, 'ce_', (text) => text), 'content-type': JSON_TYPE };
  return { message: message(data, headers), to };
}

/** HTTP requests to `/v1/events`; a batch holds `atOnce` at most. */
export function requestsFor(
  events: readonly unknown[],
  form: Form,
  atOnce: number,
): readonly { readonly headers: Readonly<Record<string, string>>; readonly body: string }[] {
  const of = events.map(asEvent);
  for (const event of of) requireForm(event, form);
  if (form === 'batch') {
    const parts = Array.from({ length: Math.ceil(of.length / atOnce) }, (_, i) =>
      of.slice(i * atOnce, (i + 1) * atOnce),
    );
    return parts.map((part) => ({ headers: { 'content-type': BATCH }, body: JSON.stringify(part) }));
  }
  if (form !== 'binary') {
    const type = form === 'raw' ? JSON_TYPE : STRUCTURED;
    return of.map((event) => ({ headers: { 'content-type': type }, body: JSON.stringify(event) }));
  }
  return of.map((event) => {
    const { attributes, data } = apart(event);
    const headers = { ...prefixed(attributes, 'ce-', encodeURIComponent), 'content-type': JSON_TYPE };
    return { headers, body: JSON.stringify(data) };
  });
}
