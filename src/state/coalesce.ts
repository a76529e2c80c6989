/**
 * A storm of alerts made into few signals: a service's alerts are collected for a window, then each kind is one signal, with the highest
 * severity and the number of alerts that it stands for. A critical or a security alert is passed at once, unless one of its kind as grave, or
 * many kinds, were passed within the window. Alerts that were raised long before go apart, by severity: what is done about one depends on its age. Pure: what waits and what was sent lately are arguments, so it decides the same after a restart.
 */
import { CLOCKS_APART_MS } from './incident.ts';
import { SEVERITIES, type Severity } from './messages.ts';

/** An alert for one service that no signal stands for yet. */
export interface WaitingAlert {
  /** Rises in the order of arrival. */
  readonly no: number;
  readonly serviceId: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly security: boolean;
  readonly receivedAtMs: number;
  readonly raisedAtMs: number;
}

/** A signal, sent or about to be. */
export interface SentAlert {
  readonly serviceId: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly security: boolean;
  readonly atMs: number;
  /** When the newest alert that it stands for was raised. */
  readonly raisedAtMs: number;
}

/** One signal to send, and the alerts that it stands for. */
export interface Delivery extends Omit<SentAlert, 'atMs'> {
  readonly alertNos: readonly number[];
  /** The same whenever the same alerts are coalesced: a signal that is sent twice is taken once. */
  readonly messageId: string;
}

export interface Coalesced {
  readonly deliveries: readonly Delivery[];
  /** When the next of those that still wait is due; null when none waits. */
  readonly nextAtMs: number | null;
}

export interface CoalesceOptions {
  readonly nowMs: number;
  /** How long alerts of one service are collected. */
  readonly windowMs: number;
  /** Kinds of one service that get a signal of their own in a window; those beyond share one. */
  readonly kinds: number;
}

type Group = Omit<Delivery, 'messageId'> & {
  readonly firstAtMs: number;
  /** The severity of alerts that were raised long before; null of recent ones. */
  readonly old: Severity | null;
};

/** @throws RangeError naming `windowMs` or `kinds` */
export function coalesce(
  waiting: readonly WaitingAlert[],
  lately: readonly SentAlert[],
  { nowMs, windowMs, kinds }: CoalesceOptions,
): Coalesced {
  if (!(windowMs >= 0)) throw new RangeError(`windowMs: ${windowMs} is given, expected 0 or more`);
  if (!(kinds >= 1)) throw new RangeError(`kinds: ${kinds} is given, expected 1 or more`);
  const sent = lately.filter(({ atMs }) => nowMs - atMs < windowMs);
  const groups = groupsOf(waiting, nowMs);
  const firstAtMs = new Map<string, number>();
  for (const { serviceId, firstAtMs: atMs } of groups)
    firstAtMs.set(serviceId, Math.min(firstAtMs.get(serviceId) ?? Infinity, atMs));
  const due: Group[] = [];
  let nextAtMs: number | null = null;
  for (const group of groups) {
    const endsAtMs = windowMs + (firstAtMs.get(group.serviceId) ?? 0);
    if (nowMs >= endsAtMs || isAtOnce(group, sent, kinds)) due.push(group);
    else nextAtMs = Math.min(nextAtMs ?? Infinity, endsAtMs);
  }
  return { deliveries: few(due, kinds).map(toDelivery), nextAtMs };
}

/** Urgent, and news. Many urgent kinds are a storm, too: they wait for the window. */
function isAtOnce(group: Group, sent: readonly SentAlert[], kinds: number): boolean {
  if (!isUrgent(group)) return false;
  const alike = sent.filter((each) => keyOf({ ...each, old: oldOf(each, each.atMs) }) === keyOf(group));
  const besides = sent.filter(
    (each) =>
      each.serviceId === group.serviceId &&
      each.security === group.security &&
      oldOf(each, each.atMs) === group.old,
  );
  return besides.length < kinds && alike.every((each) => rankOf(group) > rankOf(each));
}

export function isUrgent({ severity, security }: Pick<WaitingAlert, 'severity' | 'security'>): boolean {
  return security || severity === 'critical';
}

const rankOf = ({ severity }: Pick<WaitingAlert, 'severity'>): number => SEVERITIES.indexOf(severity);

const oldOf = (
  { severity, raisedAtMs }: Pick<SentAlert, 'severity' | 'raisedAtMs'>,
  atMs: number,
): Severity | null => (atMs - raisedAtMs > CLOCKS_APART_MS ? severity : null);

const keyOf = ({
  serviceId,
  kind,
  security,
  old,
}: Omit<Group, 'severity' | 'alertNos' | 'firstAtMs' | 'raisedAtMs'>): string =>
  JSON.stringify([serviceId, security, old, kind]);

function groupsOf(waiting: readonly WaitingAlert[], nowMs: number): readonly Group[] {
  const alike = new Map<string, WaitingAlert[]>();
  for (const alert of waiting) {
    const key = keyOf({ ...alert, old: oldOf(alert, nowMs) });
    const before = alike.get(key);
    if (before) before.push(alert);
    else alike.set(key, [alert]);
  }
  return [...alike.values()].flatMap((alerts) => {
    const [first] = alerts;
    return first
      ? {
          serviceId: first.serviceId,
          kind: first.kind,
          security: first.security,
          severity: alerts.reduce((gravest, { severity }) => graver(gravest, severity), first.severity),
          old: oldOf(first, nowMs),
          raisedAtMs: newestOf(alerts),
          alertNos: alerts.map(({ no }) => no),
          firstAtMs: alerts.reduce((least, { receivedAtMs }) => Math.min(least, receivedAtMs), Infinity),
        }
      : [];
  });
}

function merged(groups: readonly Group[], kind: string): Group | undefined {
  const [first, ...rest] = groups;
  return (
    first && {
      ...first,
      kind,
      severity: rest.reduce((gravest, { severity }) => graver(gravest, severity), first.severity),
      raisedAtMs: newestOf(groups),
      alertNos: groups.flatMap(({ alertNos }) => alertNos),
      firstAtMs: Math.min(...groups.map(({ firstAtMs }) => firstAtMs)),
    }
  );
}

const newestOf = (all: readonly { readonly raisedAtMs: number }[]): number =>
  all.reduce((newest, { raisedAtMs }) => Math.max(newest, raisedAtMs), -Infinity);

const graver = (a: Severity, b: Severity): Severity =>
  SEVERITIES.indexOf(b) > SEVERITIES.indexOf(a) ? b : a;

/** The gravest kinds of each service stay as they are; the others of that service become one. */
function few(groups: readonly Group[], kinds: number): readonly Group[] {
  const byService = new Map<string, Group[]>();
  for (const group of groups) {
    const key = JSON.stringify([group.serviceId, group.security, group.old]);
    byService.set(key, [...(byService.get(key) ?? []), group]);
  }
  return [...byService.values()].flatMap((all) => {
    if (all.length <= kinds) return all;
    const gravestFirst = all.toSorted((a, b) => rankOf(b) - rankOf(a));
    const beyond = gravestFirst.slice(kinds - 1);
    const shared = merged(beyond, `${beyond.length} kinds, such as ${beyond[0]?.kind ?? ''}`);
    return [...gravestFirst.slice(0, kinds - 1), ...(shared ? [shared] : [])];
  });
}

function toDelivery({ firstAtMs: _firstAtMs, old: _old, ...group }: Group): Delivery {
  const first = group.alertNos.reduce((least, no) => Math.min(least, no), Infinity);
  return { ...group, messageId: `alerts/${first}` };
}
