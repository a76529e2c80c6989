/** Plays every policy in every world of the references and holds its regret against theirs. */
import { contestant } from './contestants.ts';
import { shortName } from './figure-names.ts';
import {
  firstSeed,
  isRegret,
  isWorld,
  type BestArmReference,
  type References,
  type RegretReference,
} from './references.ts';
import { BAND, meanOf, offBy, row, type Mean } from './summary.ts';
import type { WorldSpec } from './worlds.ts';
import type { SimulationOptions } from '../simulation.ts';

/** Exact regrets may differ by the six digits they are written with. */
const EXACT = 1e-4;
const EARLY = 1000;
const WIDTHS = [26, 8, 15, 15, 8, 17];

/** Two hundred redraws a play take minutes: this one plays in a quarter of the worlds, and its band is as much wider. */
const SLOW = new Set(['ttts_0.5']);

/** `exactSeeds` of `exactOf` matched for a policy that draws nothing; otherwise `inBand`, null without a reference. */
export interface RegretLine {
  readonly world: string;
  readonly policy: string;
  readonly rounds: number;
  readonly early: Mean;
  readonly final: Mean;
  readonly reference: Mean | null;
  readonly exactSeeds: number | null;
  readonly exactOf: number;
  readonly inBand: boolean | null;
  readonly seconds: number;
}

const playOne = (
  world: string,
  policy: string,
  spec: WorldSpec,
  given: RegretReference | null,
  first: number,
  { runs, seed }: SimulationOptions,
): Omit<RegretLine, 'seconds'> => {
  const play = contestant(policy, spec);
  const worlds = SLOW.has(policy) ? Math.ceil(runs / 4) : runs;
  const regrets = Array.from({ length: worlds }, (_, i) => play(first + i, seed, [EARLY, spec.T]));
  const [early, final] = [meanOf(regrets.map(([at]) => at!)), meanOf(regrets.map(([, end]) => end!))];
  const reference = given && { mean: given.mean.at(-1)!, se: given.se.at(-1)! };
  const exact = given?.exact_final_regret_first_20_seeds?.slice(0, runs);
  const matched = exact?.filter((regret, i) => Math.abs(regrets[i]![1]! - regret) <= EXACT).length;
  return {
    world,
    policy,
    rounds: spec.T,
    early,
    final,
    reference,
    exactSeeds: matched ?? null,
    exactOf: exact?.length ?? 0,
    inBand: reference && !exact ? Math.abs(offBy(final, reference)) <= BAND : null,
  };
};

/** The greedy rule has no reference: it is what the others are for. */
const policiesIn = (
  results: Readonly<Record<string, RegretReference | BestArmReference>>,
): readonly (readonly [string, RegretReference | null])[] => [
  ...Object.entries(results).flatMap(([policy, it]) => (isRegret(it) ? [[policy, it] as const] : [])),
  ['greedy', null] as const,
];

export const playAll = (references: References, options: SimulationOptions): readonly RegretLine[] =>
  Object.entries(references.results).flatMap(([world, results]) => {
    const spec = references.envs[world]!;
    if (!isWorld(spec)) return [];
    return policiesIn(results).map(([policy, given]) => {
      const from = performance.now();
      const line = playOne(world, policy, spec, given, firstSeed(references), options);
      const seconds = (performance.now() - from) / 1000;
      options.onProgress(`${policy} in ${world}: ${seconds.toFixed(1)} s`);
      return { ...line, seconds };
    });
  });

const meanText = ({ mean, se }: Mean): string => `${mean.toFixed(1)} (${se.toFixed(1)})`;

const verdictOf = ({ exactSeeds, exactOf, inBand }: RegretLine): string => {
  if (exactSeeds !== null) return `exact ${exactSeeds} of ${exactOf}`;
  if (inBand === null) return 'no reference';
  return inBand ? 'in the band' : 'OUT OF THE BAND';
};

/** A table per world: regret at 1,000 rounds, at the end with its standard error, the reference, how many standard errors off, the verdict. */
export const regretTable = (lines: readonly RegretLine[]): readonly string[] =>
  [...new Set(lines.map(({ world }) => world))].flatMap((world) => {
    const here = lines.filter((line) => line.world === world);
    const head = [world, 'at 1000', `at ${here[0]!.rounds} (SE)`, 'reference (SE)', 'off by', 'verdict'];
    return [
      row(head, WIDTHS),
      ...here.map((line) => {
        const off = line.reference ? `${offBy(line.final, line.reference).toFixed(1)} SE` : '';
        const given = line.reference ? meanText(line.reference) : '';
        const cells = [line.early.mean.toFixed(1), meanText(line.final), given, off, verdictOf(line)];
        return row([`  ${line.policy}`, ...cells], WIDTHS);
      }),
      '',
    ];
  });

/** Mean regrets by name with their standard errors, seeds matched per policy that draws nothing and the least of them, and how many of the others agree. */
export const regretFigures = (lines: readonly RegretLine[]): Record<string, number | null> => {
  const figures: Record<string, number | null> = {};
  for (const { world, policy, rounds, early, final, exactSeeds } of lines) {
    const name = `${shortName(policy)}_${world}`;
    figures[`${name}_${rounds}`] = final.mean;
    figures[`${name}_${rounds}_se`] = final.se;
    figures[`${name}_${EARLY}`] = early.mean;
    if (exactSeeds !== null) figures[`exactSeeds_${name}`] = exactSeeds;
  }
  const regret = (policy: string, world: string): number | null =>
    lines.find((line) => line.policy === policy && line.world === world)?.final.mean ?? null;
  const ratio = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : a / b;
  const exact = lines.flatMap(({ exactSeeds }) => exactSeeds ?? []);
  return {
    ...figures,
    exactSeeds: exact.length === 0 ? null : Math.min(...exact),
    withinBand: lines.filter(({ inBand }) => inBand === true).length,
    outOfBand: lines.filter(({ inBand }) => inBand === false).length,
    linucbOverThompson: ratio(regret('linucb_1.0', 'ctx4x5'), regret('thompson_nocontext', 'ctx4x5')),
    discountedOverThompson: ratio(
      regret('thompson_discount_0.999', 'bern3_switch'),
      regret('thompson', 'bern3_switch'),
    ),
  };
};
