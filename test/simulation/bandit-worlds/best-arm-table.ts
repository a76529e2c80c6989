/** Searches for the best arm in the references' two worlds, by each way to choose plays and each rule to stop. */
import { search, searchers, type Search, type Stopped } from './best-arm.ts';
import { streamOf } from './contestants.ts';
import { shortName } from './figure-names.ts';
import { firstSeed, isRegret, isWorld, type References, type StopReference } from './references.ts';
import { meanOf, row, type Mean } from './summary.ts';
import type { SimulationOptions } from '../simulation.ts';

const WIDTHS = [26, 9, 15, 12, 8, 12, 12];

/** `plays` counts a search that never stopped with all of its plays; `errors` are of those that stopped. */
export interface StopLine {
  readonly world: string;
  readonly policy: string;
  readonly rule: keyof Search;
  readonly plays: Mean;
  readonly errors: number | null;
  readonly unresolved: number;
  readonly reference: StopReference | null;
}

const stopLine = (
  stops: readonly Stopped[],
  best: number,
  max: number,
): Pick<StopLine, 'plays' | 'errors' | 'unresolved'> => {
  const resolved = stops.flatMap((stop) => stop ?? []);
  return {
    plays: meanOf(stops.map((stop) => stop?.plays ?? max)),
    errors:
      resolved.length === 0 ? null : resolved.filter(({ arm }) => arm !== best).length / resolved.length,
    unresolved: 1 - resolved.length / stops.length,
  };
};

export const searchAll = (references: References, options: SimulationOptions): readonly StopLine[] =>
  Object.entries(references.results).flatMap(([world, results]) => {
    const spec = references.envs[world]!;
    if (isWorld(spec)) return [];
    const best = spec.p.indexOf(Math.max(...spec.p));
    return Object.entries(results).flatMap(([policy, given]) => {
      if (isRegret(given)) return [];
      const searcher = searchers[policy]!(spec);
      const from = performance.now();
      const runs = Array.from({ length: options.runs }, (_, i) => {
        const worldSeed = firstSeed(references) + i;
        return search(searcher, spec, worldSeed, streamOf(worldSeed, options.seed));
      });
      options.onProgress(`${policy} in ${world}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
      const givenBy = { glr: given.glr, posterior: given.posterior_0_95, proven: null };
      return (['glr', 'proven', 'posterior'] as const).map((rule) => ({
        world,
        policy,
        rule,
        reference: givenBy[rule],
        ...stopLine(
          runs.map((run) => run[rule]),
          best,
          spec.max,
        ),
      }));
    });
  });

const pct = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);

/** Plays until the stop with their standard error, wrong arms named and searches that never stopped, beside the reference. */
export const bestArmTable = (lines: readonly StopLine[]): readonly string[] =>
  [...new Set(lines.map(({ world }) => world))].flatMap((world) => [
    row([world, 'stop', 'plays (SE)', 'reference', 'wrong', 'reference', 'unresolved'], WIDTHS),
    ...lines
      .filter((line) => line.world === world)
      .map(({ policy, rule, plays, errors, unresolved, reference }) =>
        row(
          [
            `  ${policy}`,
            rule,
            `${plays.mean.toFixed(0)} (${plays.se.toFixed(0)})`,
            reference ? reference.mean_samples.toFixed(0) : '',
            pct(errors),
            reference ? pct(reference.error_rate) : '',
            pct(unresolved),
          ],
          WIDTHS,
        ),
      ),
    '',
  ]);

/** `t3c_bai5_samples`, `t3c_bai5_errors` and `..._unresolved` for the likelihood-ratio stop; `..._proven_...` and `..._posterior_...` for the others. */
export const bestArmFigures = (lines: readonly StopLine[]): Record<string, number | null> =>
  Object.fromEntries(
    lines.flatMap(({ world, policy, rule, plays, errors, unresolved }) => {
      const name = `${shortName(policy)}_${world}${rule === 'glr' ? '' : `_${rule}`}`;
      return [
        [`${name}_samples`, plays.mean],
        [`${name}_errors`, errors],
        [`${name}_unresolved`, unresolved],
      ] as const;
    }),
  );
