/**
 * What choosing models saves at no loss of quality, on recorded answers: learned on one half of the requests, told of the other, over seeded halves. Share of the
 * incumbent's cost (gpt-4o-2024-05-13) saved, and quality beside the incumbent's on the same held-out requests.
 *
 * Every choice (a model, a table, a price, a reward's weight) is made within the training half by a paired comparison. None sees the answer's
 * tokens. The router and the tables have seen every model's answer to the training requests, a bandit only that of the model it played.
 */
import { inSample, gapClosed } from '../savings/known.ts';
import { loadQueries } from '../savings/data.ts';
import { summarise, type Summary } from '../savings/held-out.ts';
import { runSplits, streamOf, type Split } from '../savings/splits.ts';
import type { Simulation } from '../simulation.ts';

const NAMES: Readonly<Record<string, string>> = {
  static: 'best static choice',
  perTask: 'best choice per task type',
  router: 'learned router',
  routerByTask: 'learned router, length hidden',
  linucb: 'LinUCB, one pass',
  linearThompson: 'linear Thompson, one pass',
  linearEpsilonGreedy: 'linear epsilon-greedy, one pass',
  perTaskThompson: 'Thompson per task type, one pass',
  linucbTenPasses: 'LinUCB, ten passes',
  linearThompsonTenPasses: 'linear Thompson, ten passes',
  linearEpsilonGreedyTenPasses: 'linear epsilon-greedy, ten passes',
  perTaskThompsonTenPasses: 'Thompson per task type, ten passes',
  linucbOnline: 'LinUCB while learning',
  linearThompsonOnline: 'linear Thompson while learning',
  linearEpsilonGreedyOnline: 'linear epsilon-greedy while learning',
  perTaskThompsonOnline: 'Thompson per task type while learning',
  oracle: 'oracle (cheapest that is right)',
};

const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;
const points = (share: number): string => `${share < 0 ? '-' : '+'}${Math.abs(share * 100).toFixed(2)}`;

const lineOf = (label: string, it: Summary): string => {
  const saved = `${pct(it.saved)} (${(it.savedSe * 100).toFixed(1)})`;
  const quality = `${points(it.qualityDiff)} (${(it.qualityDiffSe * 100).toFixed(2)})`;
  const lower = `${pct(it.lower)} / ${pct(it.clearlyLower)}`;
  const mark = it.qualityDiff < 0 ? '  LOWER QUALITY' : '';
  return `${label.padEnd(38)}${saved.padStart(14)}${quality.padStart(18)}${lower.padStart(20)}${mark}`;
};

const summariesOf = (splits: readonly Split[]): Readonly<Record<string, Summary>> =>
  Object.fromEntries(
    Object.keys(splits[0]!.heldOut).map((name) => [
      name,
      summarise(splits.map(({ heldOut }) => heldOut[name]!)),
    ]),
  );

const meanOver = (splits: readonly Split[], of: (split: Split) => number): number =>
  splits.reduce((sum, split) => sum + of(split), 0) / splits.length;

export const simulation: Simulation = {
  summary: 'cost saved at no loss of quality on held-out recorded requests',
  defaultRuns: 20,
  run: (options) => {
    const recorded = loadQueries();
    const splits = runSplits(options);
    const all = summariesOf(splits);
    const { perTaskOfBest, ...methods } = all;
    const known = inSample(recorded);
    const gap = [2840, 20_000].map((requests) =>
      Array.from({ length: 20 }, (_, i) => gapClosed(recorded, requests, streamOf(options.seed * 500 + i))),
    );
    const [gapShort, gapLong] = gap.map((runs) => runs.reduce((sum, it) => sum + it, 0) / runs.length);
    const calibration = {
      brier: meanOver(splits, (split) => split.calibration.brier),
      logLoss: meanOver(splits, (split) => split.calibration.logLoss),
      calibrationError: meanOver(splits, (split) => split.calibration.calibrationError),
    };
    const rows = Object.entries(NAMES).map(([name, label]) => lineOf(label, methods[name]!));
    return {
      figures: {
        ...Object.fromEntries(
          Object.entries(methods).flatMap(([name, it]) => [
            [name, it.saved],
            [`${name}Se`, it.savedSe],
            [`${name}QualityDiff`, it.qualityDiff],
            [`${name}QualityDiffSe`, it.qualityDiffSe],
            [`${name}Lower`, it.lower],
            [`${name}ClearlyLower`, it.clearlyLower],
          ]),
        ),
        perTaskOfBestSingle: perTaskOfBest!.saved,
        staticInSample: known.static.saved,
        perTaskInSample: known.perTask.saved,
        gapClosed2840: gapShort!,
        gapClosed20000: gapLong!,
        routerBrier: calibration.brier,
        routerLogLoss: calibration.logLoss,
        routerCalibrationError: calibration.calibrationError,
      },
      table: [
        `${recorded.queries.length} requests x ${recorded.models.length} models; half to learn from, half held out; standard errors over splits in brackets`,
        `${'learned on one half'.padEnd(38)}${'cost saved'.padStart(14)}${'quality, points'.padStart(18)}${'lower / clearly'.padStart(20)}`,
        ...rows,
        '"lower": share of splits below the incumbent on held-out requests; "clearly": so that a paired 95 % interval excludes equality',
        `the router's expected qualities, out of fold: Brier ${calibration.brier.toFixed(4)}, log loss ${calibration.logLoss.toFixed(4)}, calibration error ${calibration.calibrationError.toFixed(4)}`,
        `in sample: static ${pct(known.static.saved)}, per task type ${pct(known.perTask.saved)}`,
        `per task type from the best single model, held out: ${pct(perTaskOfBest!.saved)} (sd ${pct(perTaskOfBest!.savedSe * Math.sqrt(splits.length))})`,
        `Thompson per task type closes ${gapShort!.toFixed(2)} of the gap from random to best per type in 2,840 requests, ${gapLong!.toFixed(2)} in 20,000`,
      ],
    };
  },
};
