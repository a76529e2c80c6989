/**
 * What each policy loses in the worlds of statistics.md section 5, beside the reference values: UCB1 and LinUCB must lose the same to the last play, the
 * others agree in the mean. `greedy`, which plays the best mean so far, stands beside them as the naive rule. Then best-arm identification.
 * The worlds' seeds are the references' own; `--seed` moves what the policies draw.
 */
import { bestArmFigures, bestArmTable, searchAll } from '../bandit-worlds/best-arm-table.ts';
import { loadReferences } from '../bandit-worlds/references.ts';
import { playAll, regretFigures, regretTable } from '../bandit-worlds/regret-table.ts';
import type { Simulation } from '../simulation.ts';

/** LinUCB may lose this much of what Thompson sampling without the context loses. */
const LINUCB_AT_MOST = 0.2;

export const simulation: Simulation = {
  summary: 'regret of every bandit policy on the reference worlds, and best-arm identification',
  defaultRuns: 200,
  run: (options) => {
    const references = loadReferences();
    const lines = playAll(references, options);
    const searches = searchAll(references, options);
    const figures = regretFigures(lines);
    const ratio = figures['linucbOverThompson'];
    return {
      figures: { ...figures, ...bestArmFigures(searches) },
      table: [
        ...regretTable(lines),
        ...bestArmTable(searches),
        `seeds matched exactly, least of the policies that draw nothing   ${figures['exactSeeds']}`,
        `the others: within three standard errors of the reference        ${figures['withinBand']}, outside ${figures['outOfBand']}`,
        `LinUCB over Thompson without the context                         ${ratio?.toFixed(3)}   (at most ${LINUCB_AT_MOST})`,
        `discounted over plain Thompson where the world switches          ${figures['discountedOverThompson']?.toFixed(3)}`,
      ],
    };
  },
};
