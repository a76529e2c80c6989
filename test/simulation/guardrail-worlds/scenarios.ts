/** The rollouts that are simulated: what the stable arm is like, and what the candidate makes of it. */
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import { slower } from '../latency-table.ts';
import { lognormal, points, recorded, type World } from './specs.ts';

/** A kind of rollout: the world before, what the candidate makes of it, and the margin on errors. */
export interface Scenario {
  readonly figure: string;
  readonly title: string;
  readonly stable: World;
  readonly candidate: World;
  readonly errorMargin: GuardrailSpec['margin'];
}

const usual: World = { errorRate: 0.005, latency: lognormal };
const asRecorded: World = { errorRate: 0.005, latency: recorded };
const QUARTER_POINT = points(0.25);

export const scenarios: readonly Scenario[] = [
  { figure: 'equal', title: 'equal', stable: usual, candidate: usual, errorMargin: points(1) },
  {
    figure: 'equalRecorded',
    title: 'equal, recorded latencies',
    stable: asRecorded,
    candidate: asRecorded,
    errorMargin: points(1),
  },
  {
    figure: 'equalQuarterPoint',
    title: 'equal, errors within .25 points',
    stable: usual,
    candidate: usual,
    errorMargin: QUARTER_POINT,
  },
  {
    figure: 'tail',
    title: 'latency + 50 %, lognormal',
    stable: usual,
    candidate: { ...usual, latency: slower(lognormal, 1.5) },
    errorMargin: points(1),
  },
  {
    figure: 'tailRecorded',
    title: 'latency + 50 %, recorded',
    stable: asRecorded,
    candidate: { ...asRecorded, latency: slower(recorded, 1.5) },
    errorMargin: points(1),
  },
  {
    figure: 'errors',
    title: 'errors .5 % -> 1 %, within .25 points',
    stable: usual,
    candidate: { ...usual, errorRate: 0.01 },
    errorMargin: QUARTER_POINT,
  },
  {
    figure: 'errorsTwoPct',
    title: 'errors 2 % -> 4 %, within 1 point',
    stable: { ...usual, errorRate: 0.02 },
    candidate: { ...usual, errorRate: 0.04 },
    errorMargin: points(1),
  },
  {
    figure: 'errorsWithin',
    title: 'errors .5 % -> 1 %, allowed 1 point',
    stable: usual,
    candidate: { ...usual, errorRate: 0.01 },
    errorMargin: points(1),
  },
];
