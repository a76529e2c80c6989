/** Which alerts are taken: a sentinel's CloudEvents and its raw alert. Anything else is listed with what is wrong. Pure. */
import { ALERT_EVENT_TYPES, alertDataSchema, rawAlertSchema, type Alert } from '../../domain/alert.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Problem } from '../../domain/failure.ts';
import { OLDEST_ALERT_MS } from '../../domain/retention.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { isStorableText } from '../storable-text.ts';
import { problemsOf, readEnvelope } from './envelope.ts';

export type ReadAlert =
  | { readonly ok: true; readonly alert: Alert }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Whether a value means to be an alert, well-formed or not. */
export function isAlert(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type, specversion, alert_id } = value as Readonly<Record<string, unknown>>;
  return typeof type === 'string' && ALERT_EVENT_TYPES.has(type)
    ? true
    : specversion === undefined && alert_id !== undefined;
}

/** What brought an alert. */
export interface Came {
  /** When its message came into the log; null where nobody knows: the time that the alert tells stands for it, else it is of now. */
  readonly sentMs: number | null;
  /** By a topic of security alerts: it is one, whatever it is called. */
  readonly security: boolean;
}

const NOTHING_KNOWN: Came = { sentMs: null, security: false };

/** @param value a CloudEvent in its structured form, or a raw alert */
export function readAlert(value: unknown, nowMs: number, came = NOTHING_KNOWN): ReadAlert {
  const { specversion } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const read = storable(specversion === undefined ? readRaw(value) : readEvent(value));
  if (!read.ok) return read;
  const security = read.alert.security || came.security;
  return tooOld(value, nowMs, came.sentMs) ?? { ok: true, alert: { ...read.alert, security } };
}

/** The time of the envelope, or the `timestamp` of a raw alert. */
const TIMES = ['time', 'timestamp'] as const;

/**
 * What an alert asks for, a rollback at worst, is done once for its (source, id), which is forgotten when it is old: an older one than that, out of a topic that is
 * read again from its beginning, would be taken for a new one.
 */
function tooOld(value: unknown, nowMs: number, sentMs: number | null): ReadAlert | null {
  const told = value as Readonly<Record<string, unknown>>;
  const field = TIMES.find((name) => told[name] !== undefined) ?? 'time';
  // Kafka's -1 is no time.
  const atMs = sentMs !== null && sentMs > 0 ? sentMs : toldMs(told[field]);
  if (!(atMs < nowMs - OLDEST_ALERT_MS)) return null;
  const expected = `an alert of the last ${formatDuration(OLDEST_ALERT_MS)}`;
  return { ok: false, problems: [{ field, value: new Date(atMs).toISOString(), expected }] };
}

/** Not a number where it begins with no date: what else `Date.parse` takes for a time need not be one. */
const toldMs = (time: unknown): number =>
  typeof time === 'string' && /^\d{4}-\d{2}-\d{2}/u.test(time) ? Date.parse(time) : Number.NaN;

function readEvent(value: unknown): ReadAlert {
  const read = readEnvelope(value);
  if (!read.ok) return read;
  const { source, id, type, data } = read.envelope;
  const parsed = problemsOf(() => parseOrFail(alertDataSchema, data, 'alert'));
  if (!parsed.ok) {
    const inData = ({ field, ...rest }: Problem) => ({
      ...rest,
      field: field === '' ? 'data' : `data.${field}`,
    });
    return { ok: false, problems: parsed.problems.map(inData) };
  }
  const { anomaly_type: kind, severity, affected_services } = parsed.value;
  const security = ALERT_EVENT_TYPES.get(type)?.security === true || isSecurity(kind);
  return {
    ok: true,
    alert: { source, id, kind, severity, security, services: [...new Set(affected_services)], data },
  };
}

function readRaw(value: unknown): ReadAlert {
  const parsed = problemsOf(() => parseOrFail(rawAlertSchema, value, 'alert'));
  if (!parsed.ok) return parsed;
  const { alert_id: id, anomaly_type: kind, severity, service_name } = parsed.value;
  const alert = {
    source: '',
    id,
    kind,
    severity,
    security: isSecurity(kind),
    services: [service_name],
    data: value,
  };
  return { ok: true, alert };
}

const isSecurity = (kind: string): boolean => kind.includes('security');

function storable(read: ReadAlert): ReadAlert {
  if (!read.ok) return read;
  const { alert } = read;
  const bad = [alert.id, alert.kind, ...alert.services].find((text) => !isStorableText(text));
  const expected = 'texts without NUL and broken characters';
  return bad === undefined ? read : { ok: false, problems: [{ field: '', value: bad, expected }] };
}
