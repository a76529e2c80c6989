/**
 * What the gateway tells the outside about each request, as a port: `otlp-emitter.ts` and `feedback-emitter.ts` speak
 * OTLP and CloudEvents.
 */
import type { Unit } from '../domain/orchestrator-wire.ts';
import type { Arm } from '../domain/window.ts';
import type { Usage } from './upstream.ts';

/** Which arm a request was given to, and the unit that was randomised. */
export interface Assignment {
  readonly arm: Arm;
  /** Of the configuration that answered. */
  readonly generation: number;
  readonly unit: { readonly kind: Unit; readonly id: string };
}

/** One request that reached a model. `exposedAtMs` is when its arm was chosen, by the wall clock. */
export interface RequestOutcome {
  readonly serviceId: string;
  readonly requestId: string;
  readonly exposedAtMs: number;
  /** Null: the request named no unit, so the stable arm served it outside of any comparison. */
  readonly assignment: Assignment | null;
  readonly usage: Usage;
  readonly quality: number | null;
  /** HTTP status of the provider's error; null when it answered. */
  readonly errorStatus: number | null;
}

export interface Emitter {
  /** Takes note and returns at once; never throws. */
  record(outcome: RequestOutcome): void;
  /** Sends what is waiting, within a bounded time. */
  close(): Promise<void>;
}
