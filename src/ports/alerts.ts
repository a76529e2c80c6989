/** Alerts of a sentinel: kept before they are answered, coalesced, and handed to whoever the service's change is. */
import type { Alert } from '../domain/alert.ts';
import type { Coalesced, Delivery, SentAlert, WaitingAlert } from '../state/coalesce.ts';

/** A signal that is to be sent now, by whoever claimed it. */
export interface ClaimedDelivery extends Omit<Delivery, 'alertNos' | 'raisedAtMs'> {
  readonly no: number;
  /** As of a delivery; null of one that a version before has made. */
  readonly raisedAtMs: number | null;
  readonly alerts: number;
  /** This try included. */
  readonly tries: number;
}

export interface AlertStore {
  /**
   * Keeps each new alert once for each service that it names, in one transaction. Alerts of services that are not adopted are kept as such, and
   * never sent. The same alerts again are duplicates and change nothing.
   */
  record(
    alerts: readonly Alert[],
    nowMs: number,
  ): Promise<{ readonly stored: number; readonly duplicates: number; readonly unknownService: number }>;
  /**
   * Has `decide` make deliveries of what waits, in one transaction: two processes never make two of the same alerts. `decide` must be pure.
   * Gravest and oldest first, `limit` at most; answers when to ask again, and whether there was more than that.
   */
  assign(
    decide: (waiting: readonly WaitingAlert[], lately: readonly SentAlert[]) => Coalesced,
    of: { readonly nowMs: number; readonly latelyMs: number; readonly limit: number },
  ): Promise<{ readonly nextAtMs: number | null; readonly more: boolean }>;
  /** Deliveries that are due, urgent ones first; whoever claims one has `claimMs` for it before somebody else may. */
  claim(of: {
    readonly nowMs: number;
    readonly claimMs: number;
    readonly limit: number;
  }): Promise<readonly ClaimedDelivery[]>;
  /** `to`: the workflow that took it, or why nobody had to. */
  delivered(no: number, to: string, nowMs: number): Promise<void>;
  failed(no: number, why: string, nextTryAtMs: number): Promise<void>;
  /** When the next undelivered one is due; null when all are delivered. */
  nextTryAtMs(): Promise<number | null>;
}

export interface AnomalySender {
  /**
   * Signals `anomaly` to the service's rollout and to its experiment, else to its cycle, which it starts; a low one starts nothing.
   * Answers who took it. Throws what Temporal throws: it is to be sent again then.
   */
  send(serviceId: string, anomaly: AnomalySignal): Promise<string>;
}

/** Payload of the signal, as `readMessage` reads it. */
export type AnomalySignal = Readonly<Record<string, unknown>> & { readonly severity: SentAlert['severity'] };
