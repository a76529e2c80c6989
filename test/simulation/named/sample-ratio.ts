/**
 * Experiments whose only question is whether units are split half and half, looked at 500 times (statistics.md 2.5, 6.6): how often a sound
 * split is called broken, how soon a broken one is, and what a chi-square test says that is peeked at in the same way.
 */
import { foldExperimentBlock, judgeExperiment, startExperiment } from '../../../src/analysis/index.ts';
import { chiSquareSf, randomFromSeed, sampleBinomial, type Random } from '../../../src/math/index.ts';
import { pct, shareOf } from '../experiment-run.ts';
import { orderStatistic, type Simulation } from '../simulation.ts';

const LOOKS = 500;
const UNITS = 100;
const IN_TIME = 5000;
const LEVEL = 0.001;

/** Units seen when each rule flagged, null where it never did. */
interface Run {
  readonly ours: number | null;
  readonly naive: number | null;
}

const run = (share: number, random: Random): Run => {
  let state = startExperiment({
    control: 'a',
    variants: ['b'],
    primary: { id: 'quality', kind: 'proportion', direction: 'increase' },
    nFixPerArm: LOOKS * UNITS,
  });
  let [a, b] = [0, 0];
  let [ours, naive]: [number | null, number | null] = [null, null];
  for (let no = 1; no <= LOOKS && (ours === null || naive === null); no++) {
    const exposed = sampleBinomial(UNITS, share, random);
    a += UNITS - exposed;
    b += exposed;
    if (naive === null && chiSquareSf((a - b) ** 2 / (a + b), 1) < LEVEL) naive = a + b;
    if (ours !== null) continue;
    const exposures = { a: UNITS - exposed, b: exposed };
    state = foldExperimentBlock(state, { no, weights: { a: 1, b: 1 }, exposures, arms: {} });
    if (judgeExperiment(state).outcome === 'frozen') ours = a + b;
  }
  return { ours, naive };
};

const many = (share: number, runs: number, seed: number): readonly Run[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: runs }, () => run(share, random));
};

const inTime = (units: number | null): boolean => units !== null && units <= IN_TIME;

const medianOf = (runs: readonly Run[]): number | null =>
  orderStatistic(
    runs.flatMap(({ ours }) => ours ?? []),
    0.5,
  );

export const simulation: Simulation = {
  summary: 'sound and broken splits looked at 500 times, ours and the peeked chi-square test',
  defaultRuns: 1000,
  run: ({ runs, seed, onProgress }) => {
    onProgress(`${runs} sound splits, ${LOOKS} looks each`);
    const sound = many(0.5, runs, seed);
    onProgress(`${runs} splits of 55 to 45, and ${runs} of 52 to 48`);
    const broken = many(0.55, runs, seed + 1000);
    const slightly = many(0.52, runs, seed + 2000);
    const figures = {
      falseFlags: shareOf(sound, ({ ours }) => ours !== null),
      naive: shareOf(sound, ({ naive }) => naive !== null),
      caught: shareOf(broken, ({ ours }) => inTime(ours)),
      unitsMedian55: medianOf(broken),
      caught52: shareOf(slightly, ({ ours }) => ours !== null),
      unitsMedian52: medianOf(slightly),
    };
    return {
      figures,
      table: [
        `a sound split is called broken at ${LEVEL}      ${pct(figures.falseFlags, 2)}   (at most .3 %; peeked chi-square ${pct(figures.naive, 2)})`,
        `55 to 45 is caught within ${IN_TIME} units      ${pct(figures.caught)}   (at least 95 %), median ${figures.unitsMedian55}`,
        `52 to 48 is caught within ${LOOKS * UNITS} units     ${pct(figures.caught52)}, median ${figures.unitsMedian52}`,
      ],
    };
  },
};
