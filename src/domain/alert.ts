/**
 * Alerts of a sentinel on the wire: `data` of its CloudEvents, and the raw alert without an envelope. Unknown keys are kept and not read.
 */
import { z } from 'zod';
import { severityOf, type Severity } from '../state/messages.ts';

/** CloudEvent types of a sentinel, and whether each is a security alert whatever its kind is called. */
export const ALERT_EVENT_TYPES: ReadonlyMap<string, { readonly security: boolean }> = new Map([
  ['com.llmdevops.sentinel.anomaly.v1', { security: false }],
  ['com.llmdevops.sentinel.security.alert.v1', { security: true }],
  ['com.llmdevops.sentinel.drift.detected.v1', { security: false }],
]);

const name = z
  .string({ error: 'a text' })
  .min(1, { error: 'a text' })
  .max(200, { error: 'at most 200 characters' });

const severity = z.unknown().transform((given, context): Severity => {
  const known = severityOf(given);
  if (known !== undefined) return known;
  const message = 'low, medium, high or critical (or info, warning, error)';
  context.addIssue({ code: 'custom', input: given, message });
  return z.NEVER;
});

export const alertDataSchema = z.object({
  anomaly_type: name,
  severity,
  affected_services: z
    .array(name, { error: 'a list of service ids' })
    .min(1, { error: 'at least one service' })
    .max(1_000, { error: 'at most 1000 services' }),
});

export const rawAlertSchema = z.object({
  alert_id: name,
  anomaly_type: name,
  severity,
  service_name: name,
});

/** One alert with its identity: (source, id) is counted once, whatever happens. */
export interface Alert {
  /** Of the envelope; empty for a raw alert, whose `alert_id` is its identity. */
  readonly source: string;
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly security: boolean;
  readonly services: readonly string[];
  /** ms since the epoch; never after it came. */
  readonly raisedAtMs: number;
  /** As it came. */
  readonly data: unknown;
}
