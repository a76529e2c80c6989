/**
 * Guardrails under rollouts of 5, 25, 50 % at 10 requests a second, judged every minute (statistics.md 1.6): a 50 % rise of all latencies, a doubled
 * error rate, and equal candidates; by our rule and by two that people use. How many labels single proofs take, beside the
 * design's figures. And how often a heavy tail of cost gets past the guardrail on a mean.
 */
import type { ArmWindow } from '../../../src/domain/window.ts';
import { randomFromSeed, sampleBinomial } from '../../../src/math/index.ts';
import { count, pct, type Figures } from '../guardrail-worlds/figures.ts';
import { heavyCost } from '../guardrail-worlds/heavy-cost.ts';
import { proofs, prove } from '../guardrail-worlds/proofs.ts';
import { scenarios, type Scenario } from '../guardrail-worlds/scenarios.ts';
import { errors, QUALITY, qualitySpec, shareStats, tail } from '../guardrail-worlds/specs.ts';
import { drawLatencies } from '../latency-table.ts';
import { ours, pointBeyondMargin, significantlyWorse, type MakeRule } from '../rollout-rules.ts';
import { runRollout, type RolloutRun, type RolloutSetting } from '../rollout-run.ts';
import { orderStatistic, type Simulation, type SimulationOptions } from '../simulation.ts';

const STEPS = [5, 25, 50, 100];
const REQUESTS_PER_BLOCK = 600;
const MIN_SAMPLES = 200;
/** Eight hours. */
const MAX_BLOCKS = 480;

const simulate = (scenario: Scenario, rule: MakeRule, { runs, seed }: SimulationOptions): RolloutRun[] => {
  const random = randomFromSeed(seed);
  const worlds = { stable: scenario.stable, candidate: scenario.candidate };
  const draw: RolloutSetting['draw'] = (arm, n): ArmWindow => ({
    quality: shareStats(n, sampleBinomial(n, QUALITY, random)),
    error: shareStats(n, sampleBinomial(n, worlds[arm].errorRate, random)),
    latencyMs: drawLatencies(worlds[arm].latency, n, random),
  });
  return Array.from({ length: runs }, () =>
    runRollout({
      rule,
      guardrails: [qualitySpec, errors(scenario.errorMargin), tail(scenario.stable.latency)],
      steps: STEPS,
      requestsPerBlock: REQUESTS_PER_BLOCK,
      minSamples: MIN_SAMPLES,
      maxBlocks: MAX_BLOCKS,
      draw,
    }),
  );
};

const shareOf = (runs: readonly RolloutRun[], test: (run: RolloutRun) => boolean): number =>
  runs.filter(test).length / runs.length;
const isBack = (run: RolloutRun): boolean => run.end === 'rolledBack';
const isPromoted = (run: RolloutRun): boolean => run.end === 'promoted';
const isPast25 = (run: RolloutRun): boolean => run.stepsLeft >= 2;

const tell = (scenario: Scenario, options: SimulationOptions, figures: Figures): readonly string[] => {
  const led = simulate(scenario, ours, options);
  const significant = simulate(scenario, significantlyWorse, options);
  const point = simulate(scenario, pointBeyondMargin, options);
  const back = led.filter(isBack).map((run) => run.candidateRequests);
  const promoted = led.filter(isPromoted).map((run) => run.requests);
  const [median, q95] = [orderStatistic(back, 0.5), orderStatistic(back, 0.95)];
  const name = scenario.figure;
  Object.assign(figures, {
    [`${name}RolledBack`]: back.length / led.length,
    [`${name}Promoted`]: promoted.length / led.length,
    [`${name}LabelsMedian`]: median,
    [`${name}LabelsQ95`]: q95,
    ...Object.fromEntries(
      [5, 25, 50].map((weight, i) => [`${name}Passed${weight}`, shareOf(led, (run) => run.stepsLeft > i)]),
    ),
    [`${name}RequestsToPromotionQ95`]: orderStatistic(promoted, 0.95),
    [`${name}NaiveRolledBack`]: shareOf(significant, isBack),
    [`${name}NaivePassed25`]: shareOf(significant, isPast25),
    [`${name}PointRolledBack`]: shareOf(point, isBack),
    [`${name}PointPassed25`]: shareOf(point, isPast25),
  });
  const passed = [5, 25, 50].map((weight) => pct(figures[`${name}Passed${weight}`]!)).join(' / ');
  return [
    `${scenario.title.padEnd(37)} back ${pct(back.length / led.length).padStart(7)} after ${count(median)} (q95 ${count(q95)}) labels of the candidate, ` +
      `passes 5/25/50: ${passed}, promoted ${pct(promoted.length / led.length)} (q95 ${count(orderStatistic(promoted, 0.95))} requests)`,
    `    p < .05 at each look: back ${pct(shareOf(significant, isBack))}, past 25 % ${pct(shareOf(significant, isPast25))}; ` +
      `figure beyond the margin: back ${pct(shareOf(point, isBack))}, past 25 % ${pct(shareOf(point, isPast25))}`,
  ];
};

export const simulation: Simulation = {
  summary: 'a 50 % rise of tail latency and a doubled error rate under rollouts, and equal candidates',
  defaultRuns: 500,
  run: (options) => {
    const figures: Figures = { runs: options.runs };
    const rollouts = scenarios.flatMap((scenario) => {
      options.onProgress(scenario.title);
      return tell(scenario, options, figures);
    });
    const labels = proofs.map((proof) => {
      options.onProgress(proof.title);
      return prove(proof, options, figures);
    });
    options.onProgress('heavy tail of cost');
    const heavy = heavyCost(options, figures);
    return {
      figures,
      table: [
        ...rollouts,
        'labels of the candidate for one proof, one guardrail at one weight:',
        ...labels,
        'what a mean does not hold:',
        ...heavy,
      ],
    };
  },
};
