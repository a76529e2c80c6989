/** Which alerts are taken: a sentinel's CloudEvents and its raw alert. Anything else is listed with what is wrong. Pure. */
import { ALERT_EVENT_TYPES, alertDataSchema, rawAlertSchema, type Alert } from '../../domain/alert.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Problem } from '../../domain/failure.ts';
import { OLDEST_ALERT_MS } from '../../domain/retention.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { isStorableText } from '../storable-text.ts';
import { problemsOf, readEnvelope } from './envelope.ts';

type Read<Kept> =
  { readonly ok: true; readonly alert: Kept } | { readonly ok: false; readonly problems: readonly Problem[] };
export type ReadAlert = Read<Alert>;
/** What a value says by itself. */
type Told = Read<Omit<Alert, 'raisedAtMs'>>;

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
  const { alert } = read;
  const { field, atMs } = raised(value, came.sentMs);
  if (atMs < nowMs - OLDEST_ALERT_MS) return tooOld(field, atMs);
  const raisedAtMs = Number.isNaN(atMs) ? nowMs : Math.min(atMs, nowMs);
  return { ok: true, alert: { ...alert, security: alert.security || came.security, raisedAtMs } };
}

/** The time of the envelope, or the `timestamp` of a raw alert. */
const TIMES = ['time', 'timestamp'] as const;

/** When it was raised, ms since the epoch, and which field says so. Not a number where nobody knows. */
function raised(value: unknown, sentMs: number | null): { readonly field: string; readonly atMs: number } {
  const told = value as Readonly<Record<string, unknown>>;
  const field = TIMES.find((name) => told[name] !== undefined) ?? 'time';
  // Kafka's -1 is no time.
  return { field, atMs: sentMs !== null && sentMs > 0 ? sentMs : toldMs(told[field]) };
}

/**
 * What an alert asks for, a rollback at worst, is done once for its (source, id), which is forgotten when it is old: an older one than that, out of a topic that is
 * read again from its beginning, would be taken for a new one.
 */
function tooOld(field: string, atMs: number): ReadAlert {
  const expected = `an alert of the last ${formatDuration(OLDEST_ALERT_MS)}`;
  return { ok: false, problems: [{ field, value: new Date(atMs).toISOString(), expected }] };
}

/** Not a number where it begins with no date: what else `Date.parse` takes for a time need not be one. */
const toldMs = (time: unknown): number =>
  typeof time === 'string' && /^\d{4}-\d{2}-\d{2}/u.test(time) ? Date.parse(time) : Number.NaN;

function readEvent(value: unknown): Told {
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

function readRaw(value: unknown): Told {
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

function storable(read: Told): Told {
  if (!read.ok) return read;
  const { alert } = read;
  const bad = [alert.id, alert.kind, ...alert.services].find((text) => !isStorableText(text));
  const expected = 'texts without NUL and broken characters';
  return bad === undefined ? read : { ok: false, problems: [{ field: '', value: bad, expected }] };
}
