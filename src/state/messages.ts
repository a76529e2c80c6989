/**
 * Reads what people and detectors send to a running workflow. Runs inside workflow code, so it is plain TypeScript: it
 * never throws, and says what is wrong by field. It decides nothing about the change itself.
 */
import type { Problem } from '../domain/failure.ts';

export const MESSAGE_NAMES = [
  'rollback',
  'approve',
  'reject',
  'pause',
  'resume',
  'promote',
  'replace',
  'anomaly',
  'stop',
  'setAllocation',
] as const;
export type MessageName = (typeof MESSAGE_NAMES)[number];

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

interface From {
  readonly by: string;
  /** Makes a repeated message harmless. */
  readonly messageId?: string;
}

export type Message =
  | (From & { readonly name: 'rollback' | 'reject' | 'pause' | 'stop'; readonly reason: string })
  /** `variant`: of an experiment, which one; left out, the one that leads. */
  | (From & { readonly name: 'promote'; readonly reason: string; readonly variant?: string })
  | (From & { readonly name: 'approve'; readonly note?: string; readonly evidence?: string })
  | (From & { readonly name: 'resume' })
  | (From & {
      readonly name: 'replace';
      readonly change: Readonly<Record<string, unknown>>;
      readonly reason?: string;
      /** How it is to be done: strategy, steps, soak, minSamples, force. Left out: as the one before. */
      readonly input?: Readonly<Record<string, unknown>>;
    })
  | (From & {
      readonly name: 'anomaly';
      readonly anomalyType: string;
      readonly severity: Severity;
      readonly security: boolean;
      readonly affectedServices: readonly string[];
      /** How many alerts this one stands for, when a storm was coalesced. Left out: one. */
      readonly alerts?: number;
      /** When the newest of them was raised, ms since the epoch. Left out: now. */
      readonly raisedAtMs?: number;
    })
  | (From & {
      readonly name: 'setAllocation';
      readonly reason: string;
      /** Share of each arm, by id; they sum to 1. */
      readonly weights?: Readonly<Record<string, number>>;
      /** Per cent of units that take part. */
      readonly exposedPct?: number;
    });

export type ReadMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a payload must hold to be read as `name`. One JSON object; unknown keys are ignored, wrong ones are problems. */
export function readMessage(name: MessageName, payload: unknown): ReadMessage {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return refuse([{ field: '', value: payload, expected: `one JSON object, such as ${EXAMPLES[name]}` }]);
  }
  const fields = payload as Readonly<Record<string, unknown>>;
  if (typeof fields['malformedJson'] === 'string') {
    return refuse([
      { field: '', value: fields['malformedJson'], expected: `well-formed JSON, such as ${EXAMPLES[name]}` },
    ]);
  }
  return name === 'anomaly' ? readAnomaly(fields) : readPersonal(name, fields);
}

const EXAMPLES: Readonly<Record<MessageName, string>> = {
  rollback: '{"by":"oncall","reason":"complaints"}',
  approve: '{"by":"ann"}',
  reject: '{"by":"ann","reason":"not now"}',
  pause: '{"by":"ann","reason":"release day"}',
  resume: '{"by":"ann"}',
  promote: '{"by":"ann","reason":"seen enough"}',
  replace: '{"by":"ann","change":{"model":"gpt-4o-mini"}}',
  anomaly: '{"anomaly_type":"quality_drop","severity":"high","affected_services":["support-bot"]}',
  stop: '{"by":"ann","reason":"seen enough"}',
  setAllocation: '{"by":"ann","reason":"more of the variant","weights":{"control":0.4,"concise":0.6}}',
};

const NEEDS_REASON: readonly MessageName[] = [
  'rollback',
  'reject',
  'pause',
  'promote',
  'stop',
  'setAllocation',
];

function readPersonal(
  name: Exclude<MessageName, 'anomaly'>,
  fields: Readonly<Record<string, unknown>>,
): ReadMessage {
  const problems: Problem[] = [];
  const text = (field: string, required: boolean): string | undefined => {
    const value = fields[field];
    if (value === undefined && !required) return undefined;
    if (typeof value === 'string' && value.length > 0 && value.length <= 2_000) return value;
    problems.push({ field, value, expected: 'text, 1 to 2000 characters' });
    return undefined;
  };
  const by = text('by', true);
  const reason = text('reason', NEEDS_REASON.includes(name));
  const note = text('note', false);
  const evidence = text('evidence', false);
  const messageId = text('messageId', false);
  const variant = name === 'promote' ? text('variant', false) : undefined;
  const allocation = name === 'setAllocation' ? readAllocation(fields, problems) : {};
  const change = fields['change'];
  const input = fields['input'];
  if (name === 'replace' && !isObject(change)) {
    problems.push({ field: 'change', value: change, expected: 'an object, such as {"model":"gpt-4o-mini"}' });
  }
  if (name === 'replace' && input !== undefined && !isObject(input)) {
    problems.push({ field: 'input', value: input, expected: 'an object, such as {"steps":[50,100]}' });
  }
  if (problems.length > 0 || by === undefined) return refuse(problems);
  const from: From = messageId === undefined ? { by } : { by, messageId };
  switch (name) {
    case 'approve':
      return accept({
        ...from,
        name,
        ...(note === undefined ? {} : { note }),
        ...(evidence === undefined ? {} : { evidence }),
      });
    case 'resume':
      return accept({ ...from, name });
    case 'promote':
      return accept({ ...from, name, reason: reason ?? '', ...(variant === undefined ? {} : { variant }) });
    case 'setAllocation':
      return accept({ ...from, name, reason: reason ?? '', ...allocation });
    case 'replace':
      return accept({
        ...from,
        name,
        change: change as Readonly<Record<string, unknown>>,
        ...(reason === undefined ? {} : { reason }),
        ...(isObject(input) ? { input } : {}),
      });
    default:
      return accept({ ...from, name, reason: reason ?? '' });
  }
}

/** How far weights may be from 1 in sum: what was typed is not rounded for anybody. */
const SUM_TOLERANCE = 1e-9;

/** Arms are known to the experiment only: whether these are its own is checked where they arrive. */
function readAllocation(
  fields: Readonly<Record<string, unknown>>,
  problems: Problem[],
): Pick<Extract<Message, { name: 'setAllocation' }>, 'weights' | 'exposedPct'> {
  const { weights, exposedPct } = fields;
  if (weights === undefined && exposedPct === undefined) {
    problems.push({ field: 'weights', value: weights, expected: 'weights, exposedPct or both' });
  }
  const read = weights === undefined ? undefined : readWeights(weights);
  if (weights !== undefined && read === undefined) {
    problems.push({
      field: 'weights',
      value: weights,
      expected: 'a share of 0 to 1 for each arm, 1 in sum, such as {"control":0.5,"concise":0.5}',
    });
  }
  const isPct = typeof exposedPct === 'number' && exposedPct > 0 && exposedPct <= 100;
  if (exposedPct !== undefined && !isPct) {
    problems.push({
      field: 'exposedPct',
      value: exposedPct,
      expected: 'more than 0 and up to 100 (per cent of units); to serve no arm, send pause',
    });
  }
  return { ...(read && { weights: read }), ...(isPct && { exposedPct }) };
}

function readWeights(given: unknown): Readonly<Record<string, number>> | undefined {
  if (!isObject(given)) return undefined;
  const shares = Object.entries(given).flatMap(([arm, share]): (readonly [string, number])[] =>
    typeof share === 'number' && share >= 0 && share <= 1 ? [[arm, share]] : [],
  );
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  const whole = shares.length === Object.keys(given).length && Math.abs(sum - 1) <= SUM_TOLERANCE;
  return whole ? Object.fromEntries(shares) : undefined;
}

/** The severity that a sender's word stands for; undefined when it stands for none. */
export function severityOf(given: unknown): Severity | undefined {
  return typeof given === 'string' ? SEVERITY_ALIASES.get(given.toLowerCase()) : undefined;
}

/** A map, not an object: a severity of "constructor" must not be found. */
const SEVERITY_ALIASES: ReadonlyMap<string, Severity> = new Map([
  ['low', 'low'],
  ['info', 'low'],
  ['medium', 'medium'],
  ['warning', 'medium'],
  ['high', 'high'],
  ['error', 'high'],
  ['critical', 'critical'],
]);

/** `data` of a sentinel CloudEvent. The names on the wire are snake case. */
function readAnomaly(fields: Readonly<Record<string, unknown>>): ReadMessage {
  const problems: Problem[] = [];
  const type = fields['anomaly_type'];
  if (typeof type !== 'string' || type === '') {
    problems.push({ field: 'anomaly_type', value: type, expected: 'the kind of anomaly' });
  }
  const given = fields['severity'];
  const severity = severityOf(given);
  if (severity === undefined) {
    problems.push({ field: 'severity', value: given, expected: 'low, medium, high or critical' });
  }
  const services = fields['affected_services'];
  if (!Array.isArray(services) || !services.every((service) => typeof service === 'string')) {
    problems.push({ field: 'affected_services', value: services, expected: 'a list of service ids' });
  }
  const raisedAtMs = fields['raised_at_ms'];
  if (raisedAtMs !== undefined && !isTime(raisedAtMs)) {
    problems.push({ field: 'raised_at_ms', value: raisedAtMs, expected: 'milliseconds since the epoch' });
  }
  if (problems.length > 0 || severity === undefined) return refuse(problems);
  const id = fields['id'] ?? fields['alert_id'];
  const alerts = fields['alerts'];
  return accept({
    name: 'anomaly',
    by: 'sentinel',
    ...(typeof id === 'string' ? { messageId: id } : {}),
    anomalyType: String(type),
    severity,
    security: fields['security'] === true || String(type).includes('security'),
    affectedServices: services as readonly string[],
    ...(typeof alerts === 'number' && Number.isSafeInteger(alerts) && alerts > 1 ? { alerts } : {}),
    ...(isTime(raisedAtMs) && { raisedAtMs }),
  });
}

/** That a date can hold. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An anomaly as it is sent on: what `readMessage` reads to the same message. */
export function anomalyPayload(message: Extract<Message, { name: 'anomaly' }>): Record<string, unknown> {
  const { anomalyType, severity, security, affectedServices, messageId, alerts, raisedAtMs } = message;
  return {
    anomaly_type: anomalyType,
    severity,
    affected_services: affectedServices,
    ...(security && { security }),
    ...(alerts !== undefined && { alerts }),
    ...(raisedAtMs !== undefined && { raised_at_ms: raisedAtMs }),
    ...(messageId !== undefined && { id: messageId }),
  };
}

function accept(message: Message): ReadMessage {
  return { ok: true, message };
}

function refuse(problems: readonly Problem[]): ReadMessage {
  return { ok: false, problems };
}
