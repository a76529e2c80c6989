/**
 * What the gateway tells the outside about each request, as a port: `otlp-emitter.ts` and `feedback-emitter.ts` speak
 * OTLP and CloudEvents.
 */
import type { Unit } from '../domain/orchestrator-wire.ts';
import type { JudgedOrder } from '../domain/shadow-pair.ts';
import type { Usage } from './upstream.ts';

/** Which arm a request was given to, and the unit that was randomised. */
export interface Assignment {
  /** `stable`, `candidate`, or an arm of `experiment`. */
  readonly arm: string;
  /** Of the configuration that answered; of the experiment for one of its arms. */
  readonly generation: number;
  /** Its id; left out for a unit that is in none. */
  readonly experiment?: string;
  readonly unit: { readonly kind: Unit; readonly id: string };
}

/** One request that reached a model. `exposedAtMs` is when its arm was chosen, by the wall clock. */
export interface RequestOutcome {
  readonly serviceId: string;
  readonly requestId: string;
  readonly exposedAtMs: number;
  /** Null: outside of any comparison. The request named no unit, so stable served it, or its unit is a tester of an experiment. */
  readonly assignment: Assignment | null;
  /** As the request's `metadata.region` says. */
  readonly region?: string;
  readonly usage: Usage;
  readonly quality: number | null;
  /** HTTP status of the provider's error; null when it answered. */
  readonly errorStatus: number | null;
}

/** One side of a pair: what became of the same request under one configuration. */
export interface PairSide {
  readonly model: string;
  /** 0..1; null while nobody has judged the answer. */
  readonly quality: number | null;
  readonly failed: boolean;
  readonly latencyMs: number;
  readonly costUsd: number;
}

/** A request that stable answered and the shadow's candidate got a copy of. Nobody was served the candidate's answer. */
export interface PairOutcome {
  readonly serviceId: string;
  readonly requestId: string;
  /** Of the candidate. */
  readonly generation: number;
  readonly unit: Assignment['unit'];
  readonly taskType: string;
  /** When both sides were known, by the wall clock. */
  readonly comparedAtMs: number;
  readonly stable: PairSide;
  readonly candidate: PairSide;
  /** A judge's answers, one for each order; left out where nobody was asked or no whole answer came. */
  readonly judge?: readonly JudgedOrder[];
}

export interface Emitter {
  /** Takes note and returns at once; never throws. */
  record(outcome: RequestOutcome): void;
  /** The same for a pair. An emitter without it tells nothing of copies. */
  recordPair?(pair: PairOutcome): void;
  /** Sends what is waiting, within a bounded time. */
  close(): Promise<void>;
}
