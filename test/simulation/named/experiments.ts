/**
 * Whole experiments, from sizing to conclusion, through the product's own reducer and judging, looked at every quarter of an hour: how often equal
 * arms have a winner (fixed weights, Thompson, users that come back), and how often a lift of 5 points is found by the cap that sizing chose.
 */
import { EQUAL_ARMS, EQUAL_HEAD, equalFigures, equalRow } from '../experiments/equal-arms.ts';
import { LIFT_HEAD, LIFTED, LIFTED_BASES, liftFigures, liftRow } from '../experiments/lifted.ts';
import { LIFT } from '../experiments/many.ts';
import type { Simulation, SimulationOptions } from '../simulation.ts';

/** Runs of the lift for each run of equal arms: 2,000 for 10,000. Of those that stand beside for comparison, fewer. */
const LIFTED_SHARE = 0.2;
const OTHERS_SHARE = 0.2;
const BESIDE_SHARE = 0.05;

const equalArms = ({ runs, seed, onProgress }: SimulationOptions) => {
  const play = (name: keyof typeof EQUAL_ARMS, share: number) => {
    const some = Math.max(1, Math.round(runs * share));
    const { title } = EQUAL_ARMS[name];
    onProgress(`${some} experiments of equal arms: ${title.trim()}`);
    const all = EQUAL_ARMS[name].play(some, seed);
    return { row: equalRow(title, all), ...equalFigures(all) };
  };
  const fixed = play('fixed', 1);
  const thompson = play('thompson', 1);
  const clustered = play('clustered', 1);
  const changing = play('changing', OTHERS_SHARE);
  const fixedHorizon = play('fixedHorizon', OTHERS_SHARE);
  const bayesian = play('bayesian', BESIDE_SHARE);
  const everyOutcome = play('everyOutcome', BESIDE_SHARE);
  const everyExposure = play('everyExposure', BESIDE_SHARE);
  const ours = [fixed, thompson, clustered];
  return {
    figures: {
      falseWinners: fixed.declared,
      falseWinnersThompson: thompson.declared,
      falseWinnersClustered: clustered.declared,
      falseSrm: Math.max(...ours.map(({ broken }) => broken)),
      falseHarm: Math.max(...ours.map(({ harmed }) => harmed)),
      coverage: fixed.coverage,
      coverageThompson: thompson.coverage,
      falseWinnersChanging: changing.declared,
      falseWinnersFixedHorizon: fixedHorizon.declared,
      falseWinnersBayesian: bayesian.declared,
      falseWinnersEveryOutcome: everyOutcome.declared,
      falseSrmEveryExposure: everyExposure.broken,
    },
    table: [
      EQUAL_HEAD,
      ...[...ours, changing, fixedHorizon, bayesian, everyOutcome, everyExposure].map(({ row }) => row),
    ],
  };
};

const lift = ({ runs, seed, onProgress }: SimulationOptions) => {
  const some = Math.max(LIFTED_BASES.length, Math.round(runs * LIFTED_SHARE));
  const few = Math.max(1, Math.round(some * LIFTED_SHARE));
  onProgress(`${some} experiments with a lift of 5 points, ${few} of them once more in other ways`);
  const fixed = LIFTED.fixed(some, seed);
  const thompson = LIFTED.thompson(few, seed);
  const errorsRequired = LIFTED.errorsRequired(few, seed);
  const oneLook = LIFTED.oneLook(few, seed);
  const atCriterion = LIFTED.atCriterion(few, seed);
  const thirdOfALook = LIFTED.thirdOfALook(few, seed);
  const { power, adopted, meanRatio, biasAtStop, wrongSide } = liftFigures(fixed);
  const byBase = LIFTED_BASES.map((base) => fixed.filter((one) => one.base === base));
  return {
    figures: {
      power,
      powerLowest: Math.min(...byBase.map((all) => liftFigures(all).power)),
      adopted,
      meanRatio,
      biasAtStop,
      wrongSide,
      powerThompson: liftFigures(thompson).power,
      powerErrorsRequired: liftFigures(errorsRequired).power,
      powerAtCriterion: liftFigures(atCriterion).power,
      adoptedAtCriterion: liftFigures(atCriterion).adopted,
      powerOneLook: liftFigures(oneLook).power,
      powerThirdOfALook: liftFigures(thirdOfALook).power,
    },
    table: [
      ...LIFT_HEAD,
      ...LIFTED_BASES.map((base, i) =>
        liftRow(`${base.toFixed(2)} -> ${(base + LIFT).toFixed(2)}`, byBase[i]!),
      ),
      liftRow('all', fixed),
      liftRow('0.70 -> 0.75, Thompson', thompson),
      liftRow('0.70 -> 0.75, errors proven too', errorsRequired),
      liftRow('0.70 -> 0.735, just as asked for', atCriterion),
      liftRow('0.70 -> 0.75, size in one look', oneLook),
      liftRow('0.70 -> 0.75, size in .3 looks', thirdOfALook),
    ],
  };
};

export const simulation: Simulation = {
  summary: 'whole experiments through reducer and judging: false winners, power, bias, broken splits',
  defaultRuns: 10_000,
  run: (options) => {
    const [none, some] = [equalArms(options), lift(options)];
    return {
      figures: { ...none.figures, ...some.figures },
      table: [...none.table, '', ...some.table],
    };
  },
};
