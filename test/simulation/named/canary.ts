/**
 * The rollout ladder of statistics.md 1.6, through the product: admission, the activities, the reducer and every gate, on recorded outcomes, 10
 * requests a second, steps 5, 25, 50, 100. A candidate 10 % worse must not pass the 25 % step, an equal one must not be rolled back and
 * must be promoted in time; the same with users who come again. Beside it what people use, and what counting every request does.
 */
import { emptyStats, observe, randomFromSeed } from '../../../src/math/index.ts';
import { notHarmful, significantlyWorse, type MakeRule } from '../rollout-rules.ts';
import { runRollout, type RolloutRun } from '../rollout-run.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';
import { recordedAnswers } from '../rollout-world/recorded-answers.ts';
import type { WorldRun } from '../rollout-world/run.ts';
import { FEW_USERS, play, QUALITY_ONLY, USERS, type Scenario } from '../rollout-world/scenarios.ts';

const DROP = 0.1;
/** A candidate that is worse by the whole margin: the worst that still counts as kept, and the least that counts as harm. */
const AT_MARGIN = 0.05;
const LABELS_IN_TIME = 15_000;
const BLOCKS = 240;

const shareOf = <R>(runs: readonly R[], test: (run: R) => boolean): number =>
  runs.filter(test).length / runs.length;
const isPast25 = ({ state }: WorldRun): boolean => state.stepIndex >= 2;
const isBack = ({ outcome }: WorldRun): boolean => outcome === 'rolledBack';
const isPromoted = ({ outcome }: WorldRun): boolean => outcome === 'promoted';
const isInTime = (run: WorldRun): boolean => isPromoted(run) && run.labels.counted <= LABELS_IN_TIME;
/** Held by a gate: for an equal candidate always a false alarm. */
const isHeldByGate = ({ state }: WorldRun): boolean => state.held !== null;
const minutes = (runs: readonly WorldRun[], q: number): number | null => {
  const tookMs = orderStatistic(
    runs.map((run) => run.tookMs),
    q,
  );
  return tookMs === null ? null : Math.round(tookMs / 60_000);
};
const labels = (runs: readonly WorldRun[], of: 'counted' | 'all', q: number): number | null =>
  orderStatistic(
    runs.filter(isPromoted).map((run) => run.labels[of]),
    q,
  );

/** A rule that knows neither gates nor maturity, on recorded answers of the same kind. */
const lead = (rule: MakeRule, drop: number, runs: number, seed: number, requestsPerBlock = 600) => {
  const answers = recordedAnswers(drop);
  const { next } = randomFromSeed(seed);
  return Array.from({ length: runs }, () =>
    runRollout({
      rule,
      guardrails: QUALITY_ONLY,
      steps: [5, 25, 50, 100],
      requestsPerBlock,
      minSamples: 200,
      maxBlocks: (BLOCKS * 600) / requestsPerBlock,
      draw: (arm, n) => {
        let quality = emptyStats({ withSketch: false });
        for (let i = 0; i < n; i++)
          quality = observe(quality, answers.answer(arm, answers.query(next), next).quality);
        return { quality };
      },
    }),
  );
};

const pct = (share: number): string => `${(100 * share).toFixed(1)} %`;

export const simulation: Simulation = {
  summary: 'a 10 % drop and an equal candidate through the product, by request and by user',
  defaultRuns: 200,
  run: async ({ runs, seed, onProgress }) => {
    let no = 0;
    const of = async (what: string, scenario: Scenario, times = runs): Promise<readonly WorldRun[]> => {
      onProgress(what);
      return play(scenario, times, seed + (no += 1));
    };
    // What stands beside the four rates that were asked for is measured on half as many rollouts.
    const half = Math.ceil(runs / 2);
    const beside = (what: string, scenario: Scenario) => of(what, scenario, half);
    const users = { users: USERS, counts: 'firstOfStep' } as const;
    const naiveUsers = { users: FEW_USERS, counts: 'everyRequest', watchers: [significantlyWorse] } as const;
    const equal = await of('equal', { drop: 0, watchers: [significantlyWorse] });
    const worse = await of('worse', { drop: DROP });
    const dense = await beside('equal, 90 % labelled', { drop: 0, labelled: 0.9 });
    const drifting = await beside('equal, drifting base rate', { drop: 0, drifting: true });
    const soaking = await beside('equal, default soak', { drop: 0, defaultSoak: true });
    const equalUsers = await of('equal, users', { drop: 0, ...users });
    const worseUsers = await of('worse, users', { drop: DROP, ...users });
    const marginUsers = await beside('at the margin, users', { drop: AT_MARGIN, ...users });
    const everyRequest = await beside('equal, every request of few users', { drop: 0, ...naiveUsers });
    const marginEveryRequest = await beside('at the margin, every request', {
      drop: AT_MARGIN,
      ...naiveUsers,
    });
    const forEver = await beside('equal, users counted once for ever', {
      drop: 0,
      users: USERS,
      counts: 'firstOfGeneration',
    });
    onProgress('rules beside ours');
    const naive = lead(significantlyWorse, 0, runs, seed);
    const passed = (led: readonly RolloutRun[]): number => shareOf(led, ({ stepsLeft }) => stepsLeft >= 2);
    const figures = {
      runs,
      passed25: shareOf(worse, isPast25),
      falseRollbackRate: shareOf(equal, isBack),
      promotedEqual: shareOf(equal, isInTime),
      labelsQ95: labels(equal, 'counted', 0.95),
      labelsMedian: labels(equal, 'counted', 0.5),
      heldEqual: shareOf(equal, isHeldByGate),
      rolledBackDrop: shareOf(worse, isBack),
      rollbackMinutesMedian: minutes(worse.filter(isBack), 0.5),
      rollbackMinutesQ95: minutes(worse.filter(isBack), 0.95),
      promotedEqualDense: shareOf(dense, isInTime),
      falseRollbackRateDrift: shareOf(drifting, isBack),
      promotedEqualDrift: shareOf(drifting, isInTime),
      heldEqualDrift: shareOf(drifting, isHeldByGate),
      falseRollbackRateDefaultSoak: shareOf(soaking, isBack),
      promotedDefaultSoak: shareOf(soaking, isPromoted),
      minutesMedianDefaultSoak: minutes(soaking.filter(isPromoted), 0.5),
      passed25Users: shareOf(worseUsers, isPast25),
      falseRollbackRateUsers: shareOf(equalUsers, isBack),
      promotedEqualUsers: shareOf(equalUsers, isInTime),
      labelsQ95Users: labels(equalUsers, 'counted', 0.95),
      allLabelsQ95Users: labels(equalUsers, 'all', 0.95),
      heldEqualUsers: shareOf(equalUsers, isHeldByGate),
      marginRolledBackUsers: shareOf(marginUsers, isBack),
      marginPromotedUsers: shareOf(marginUsers, isPromoted),
      everyRequestHeldEqual: shareOf(everyRequest, isHeldByGate),
      everyRequestFalseHarm: shareOf(everyRequest, (run) => run.watchersAlarmed[0] === true),
      everyRequestMarginRolledBack: shareOf(marginEveryRequest, isBack),
      everyRequestMarginPromoted: shareOf(marginEveryRequest, isPromoted),
      onceForEverHeld: shareOf(forEver, isHeldByGate),
      onceForEverPromoted: shareOf(forEver, isPromoted),
      naivePassed25: passed(lead(significantlyWorse, DROP, runs, seed)),
      notHarmfulPassed25: passed(lead(notHarmful, DROP, runs, seed)),
      notHarmfulPassed25At1PerSecond: passed(lead(notHarmful, DROP, runs, seed, 60)),
      naiveFalseRollbackRate: shareOf(naive, ({ end }) => end === 'rolledBack'),
      naiveWatchingFalseRollbackRate: shareOf(equal, (run) => run.watchersAlarmed[0] === true),
    };
    const f = figures;
    return {
      figures,
      table: [
        `a 10 % drop passes the 25 % step     ${pct(f.passed25)}   (at most 5 %)   p < .05 at each look: ${pct(f.naivePassed25)}, not harmful so far: ${pct(f.notHarmfulPassed25)} (at 1 request/s ${pct(f.notHarmfulPassed25At1PerSecond)})`,
        `an equal candidate is rolled back    ${pct(f.falseRollbackRate)}   (at most 2 %)   p < .05 at each look: ${pct(f.naiveFalseRollbackRate)}, over the looks of ours: ${pct(f.naiveWatchingFalseRollbackRate)}`,
        `an equal one promoted in 15,000      ${pct(f.promotedEqual)}   (at least 95 %)  median ${f.labelsMedian}, q95 ${f.labelsQ95} labels; held by a gate: ${pct(f.heldEqual)}; with 90 % of answers labelled: ${pct(f.promotedEqualDense)}`,
        `a 10 % drop is rolled back           ${pct(f.rolledBackDrop)}, after ${f.rollbackMinutesMedian} min (q95 ${f.rollbackMinutesQ95})`,
        `drifting base rate, equal            rolled back ${pct(f.falseRollbackRateDrift)}, promoted in 15,000 ${pct(f.promotedEqualDrift)}, held ${pct(f.heldEqualDrift)}`,
        `soak of 15 min, equal                rolled back ${pct(f.falseRollbackRateDefaultSoak)}, promoted ${pct(f.promotedDefaultSoak)}, after ${f.minutesMedianDefaultSoak} min`,
        `by user: a 10 % drop passes 25 %     ${pct(f.passed25Users)}   (at most 5 %)`,
        `by user: equal is rolled back        ${pct(f.falseRollbackRateUsers)}   (at most 2 %)   held by a gate: ${pct(f.heldEqualUsers)}`,
        `by user: equal promoted in 15,000    ${pct(f.promotedEqualUsers)}   (at least 95 %)  q95 ${f.labelsQ95Users} first labels of users, ${f.allLabelsQ95Users} labels in all`,
        `by user: worse by the whole margin   rolled back ${pct(f.marginRolledBackUsers)} (at most 2 %), promoted ${pct(f.marginPromotedUsers)} (at most 5 %)`,
        `every request of 2,000 users         an equal one held by a gate ${pct(f.everyRequestHeldEqual)}, called harmful by p < .05 at each look ${pct(f.everyRequestFalseHarm)}; at the margin rolled back ${pct(f.everyRequestMarginRolledBack)}, promoted ${pct(f.everyRequestMarginPromoted)}`,
        `users counted once for ever          an equal one held by a gate ${pct(f.onceForEverHeld)}, promoted ${pct(f.onceForEverPromoted)}`,
      ],
    };
  },
};
