/** One run of the maintenance as data: its steps in order, and what became of each. Plain JSON; it is what the query `state` shows and what the run answers. */
import type { Retention } from '../domain/retention.ts';

/** In this order: alerts go before the deliveries that they belong to, and windows are merged before old ones go. */
export const MAINTENANCE_STEPS = [
  'partitionsAhead',
  'rawEvents',
  'mergedWindows',
  'windows',
  'shadowPairWindows',
  'rolloutBlocks',
  'exposureUnits',
  'unitEpochs',
  'experimentUnits',
  'experimentProviders',
  'shadowUnits',
  'alerts',
  'alertDeliveries',
  'setAside',
  'deadLetters',
  'otlpStreams',
] as const;

export type MaintenanceStep = (typeof MAINTENANCE_STEPS)[number];

/** What a run keeps to: ages in ms, all reckoned from `nowMs`, so that a step that is tried again removes the same. */
export interface MaintenancePlan {
  readonly nowMs: number;
  readonly kept: Retention;
}

/** Where a portion stopped: everything of a service before this is done, and all of the services before it. Plain JSON. */
export interface Place {
  readonly serviceId: string;
  readonly fromMs: number;
}

/** `count`: partitions that were made or dropped, rows that were removed, windows that were merged into others. */
export interface StepDone {
  readonly step: MaintenanceStep;
  readonly count: number;
  readonly portions: number;
  /** Why it was given up; the next run begins it again. */
  readonly failed?: string;
  /** There was more of it than a run may take time for. */
  readonly left?: 'goes on in the next run';
}

export interface MaintenanceSummary {
  readonly outcome: 'done' | 'incomplete';
  readonly steps: readonly StepDone[];
}

export const summaryOf = (steps: readonly StepDone[]): MaintenanceSummary => ({
  outcome: steps.every(({ failed, left }) => failed === undefined && left === undefined)
    ? 'done'
    : 'incomplete',
  steps,
});
