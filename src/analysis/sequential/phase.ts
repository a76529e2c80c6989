/**
 * What is left of the evidence when something behind the arms changed, such as the model that answers: outcomes before and after are of different
 * things and are never pooled. It finds no change itself.
 *
 * What was gained is dropped, what was lost stays lost: each process starts again at min(1, its e-value). Dropping wealth never makes a fair
 * game unfair, so while nothing differs in any phase some phase says otherwise with at most alpha, and so does each phase by itself. The error
 * probability needs no splitting, and an experiment in which nothing changes pays nothing. Means have no such wealth; they spend a stage.
 */
import { emptyMoments } from '../moments.ts';
import type { MetricSpec } from './design.ts';
import { emptyProcess, type Process } from './process.ts';
import { emptyRunningInterval } from './running-interval.ts';
import { requireVersion, type Comparison, type ExperimentState } from './state.ts';

/** The process of a new phase, in debt by what the old one had lost. */
const inDebt = (before: Process, metric: MetricSpec): Process => {
  const fresh = emptyProcess(metric);
  const debt = Math.min(0, before.logE);
  if (fresh.kind === 'blocks') return { ...fresh, logE: debt };
  if (fresh.kind === 'bets') return { ...fresh, logE: debt, logPlus: debt, logMinus: debt };
  return fresh;
};

const NOTHING = {
  labels: { control: 0, variant: 0 },
  effect: { weight: 0, control: 0, variant: 0 },
  stage: { control: emptyMoments(), variant: emptyMoments() },
  interval: emptyRunningInterval(),
} satisfies Omit<Comparison, 'metric'>;

/**
 * The evidence at the beginning of a new phase; fold its blocks with a raised `stage`. Verdict, effect and labels (and with them the cap) are then of
 * the new phase alone. What watches the split, the labels and harm goes on: those are promises about the whole experiment.
 * @throws RangeError naming `state.version`.
 */
export const beginPhase = (state: ExperimentState): ExperimentState => {
  requireVersion(state);
  const { primary, guardrails } = state.design;
  return {
    ...state,
    variants: state.variants.map((one) => ({
      ...one,
      primary: {
        ...one.primary,
        ...NOTHING,
        superiority: inDebt(one.primary.superiority, primary),
        sign: 0,
      },
      guardrails: one.guardrails.map((guardrail, i) => ({
        ...guardrail,
        ...NOTHING,
        nonInferiority: inDebt(guardrail.nonInferiority, guardrails[i]!.metric),
      })),
    })),
  };
};
