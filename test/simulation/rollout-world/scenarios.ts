/** The rollouts that `simulate canary` plays: candidate, traffic and counting rule of each. Numbers only; the product's code judges. */
import type { MakeRule } from '../rollout-rules.ts';
import type { CountRule } from './memory-windows.ts';
import { recordedAnswers } from './recorded-answers.ts';
import { runWorld, type WorldRun, type WorldSetting } from './run.ts';
import type { Users } from './traffic.ts';

/** The quality guardrail alone: what rules that know nothing of guardrails watch. */
export const QUALITY_ONLY = [
  {
    id: 'quality',
    metric: 'quality',
    kind: 'rate',
    direction: 'increase',
    margin: { kind: 'relative', pct: 5 },
    required: true,
    frozen: null,
  },
] as const;

export const REQUESTS_PER_SECOND = 10;
const LABELLED = 0.5;
const LABEL_DELAY_MS = 30_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Twenty thousand people, a few of whom send much of the traffic; two answers to one of them correlate by about .1. */
export const USERS: Users = { count: 20_000, activitySigma: 1.5, questions: 10 };
/** The same with a tenth of the people: each comes back far more often. */
export const FEW_USERS: Users = { ...USERS, count: 2_000 };

export interface Scenario {
  readonly drop: number;
  readonly users?: Users;
  readonly counts?: CountRule;
  readonly labelled?: number;
  /** The service's default soak of 15 minutes in place of one minute. */
  readonly defaultSoak?: boolean;
  /** The share of hard questions goes up and down over two hours, for both arms alike. */
  readonly drifting?: boolean;
  /** Two steps and wide margins: what few users can prove. */
  readonly lenient?: boolean;
  readonly watchers?: readonly MakeRule[];
  readonly followsAfterMs?: number;
}

const LENIENT = {
  quality: { maxDropPct: 30 },
  errorRate: { maxRisePoints: 30 },
  latencyP95: { maxRisePct: 20, required: false },
} as const;

const hardShareAt = (atMs: number): number => 0.3 + 0.1 * Math.sin((2 * Math.PI * atMs) / (2 * HOUR_MS));

/** `runs` rollouts of a scenario, one seed each. All gates are on; guardrails are the service's defaults. */
export const play = async (scenario: Scenario, runs: number, seed: number): Promise<readonly WorldRun[]> => {
  const answers = recordedAnswers(scenario.drop);
  const { users = null, counts = 'everyRequest', labelled = LABELLED, watchers = [] } = scenario;
  const rules = { guardrails: QUALITY_ONLY, steps: [5, 25, 50, 100], minSamples: 200 };
  const setting: Omit<WorldSetting, 'seed'> = {
    traffic: {
      answers,
      requestsPerSecond: REQUESTS_PER_SECOND,
      labelled,
      users,
      ...(scenario.drifting === true && { hardShareAt }),
    },
    counts,
    labelDelayMs: LABEL_DELAY_MS,
    // Under the rule that never forgets a unit, an hour of traffic stands for the weeks of a real service.
    warmUpMs: counts === 'firstOfGeneration' ? HOUR_MS : 10 * MINUTE_MS,
    untilMs: 3 * HOUR_MS,
    settings: {
      quality: { matureAfter: '1m' },
      rollout: {
        soak: scenario.defaultSoak === true ? '15m' : '1m',
        ...(scenario.lenient === true && { steps: [50, 100] }),
      },
      ...(scenario.lenient === true && { guardrails: LENIENT }),
    },
    ...(scenario.followsAfterMs !== undefined && { followsAfterMs: scenario.followsAfterMs }),
  };
  const all: WorldRun[] = [];
  for (let no = 0; no < runs; no++) {
    all.push(
      await runWorld({
        ...setting,
        seed: seed * 1_000_003 + no,
        watchers: watchers.map((make) => make(rules)),
      }),
    );
  }
  return all;
};
