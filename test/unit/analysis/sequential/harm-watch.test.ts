import { describe, expect, it } from 'vitest';
import {
  foldExperimentBlock,
  judgeExperiment,
  nextExperimentBets,
  type ExperimentGuardrail,
  type ExperimentState,
  type MetricBlock,
} from '../../../../src/analysis/index.ts';
import { restartLimit } from '../../../../src/analysis/restarts.ts';
import { randomFromSeed, sampleBinomial, sampleNormal, type Random } from '../../../../src/math/index.ts';
import { block, cost, of, quality, score, started } from './support.ts';

const help = { ...quality, id: 'help' } as const;
const guard = (metric: ExperimentGuardrail['metric'], pct: number): readonly ExperimentGuardrail[] => [
  { metric, margin: { kind: 'relative', pct }, required: true },
];

const costs = (n: number, mean: number, random: Random): MetricBlock => {
  let [sum, sumOfSquares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const x = mean + 0.4 * sampleNormal(random);
    sum += x;
    sumOfSquares += x * x;
  }
  return { kind: 'mean', n, sum, sumOfSquares };
};

/** Folds blocks until harm is proven, and says after which; null when it is not within `most`. */
const blocksToHarm = (
  start: ExperimentState,
  most: number,
  draw: (no: number) => { readonly a: MetricBlock; readonly b: MetricBlock },
): { readonly no: number; readonly state: ExperimentState } | null => {
  const { id } = start.design.guardrails[0]!.metric;
  let state = start;
  for (let no = 1; no <= most; no++) {
    const { a, b } = draw(no);
    state = foldExperimentBlock(state, block(no, { a: { [id]: a }, b: { [id]: b } }));
    if (judgeExperiment(state).outcome === 'harm') return { no, state };
  }
  return null;
};

const guardrailOf = (state: ExperimentState) => state.variants[0]!.guardrails[0]!;

describe('harm that is there all along', () => {
  const start = () => started({ harmAlpha: 0.02, nFixPerArm: 20_000, guardrails: guard(help, 5) });
  it('is seen in every run, where the watch that starts anew misses some', () => {
    const ends = Array.from({ length: 30 }, (_, run) => {
      const random = randomFromSeed(run + 1);
      return blocksToHarm(start(), 400, () => ({
        a: of(100, sampleBinomial(100, 0.81, random)),
        b: of(100, sampleBinomial(100, 0.729, random)),
      }));
    });
    expect(ends.every((end) => end !== null)).toBe(true);
    const byLong = ends.filter((end) => guardrailOf(end!.state).harm.alarm === null);
    expect(byLong.length).toBeGreaterThan(0);
    const { state } = byLong[0]!;
    const { longHarm } = guardrailOf(state);
    expect(longHarm.alarm!.limit).toBe(Math.log(1 / (0.02 * 0.1)));
    expect(judgeExperiment(state).perVariant[0]!.guardrails[0]!.harm).toEqual(longHarm.alarm);
  });
  it('of exactly the margin is proven in at most harmAlpha of runs', () => {
    const alarms = Array.from({ length: 150 }, (_, run) => {
      const random = randomFromSeed(1000 + run);
      return blocksToHarm(start(), 60, () => ({
        a: of(100, sampleBinomial(100, 0.8, random)),
        b: of(100, sampleBinomial(100, 0.76, random)),
      }));
    });
    expect(alarms.filter((end) => end !== null).length).toBeLessThanOrEqual(7);
  });
  it('shows the watch that is nearest to an alarm while there is none', () => {
    const arms = { a: { help: of(100, 90) }, b: { help: of(100, 70) } };
    const one = foldExperimentBlock(start(), block(1, arms));
    const { harm, longHarm } = guardrailOf(one);
    expect(judgeExperiment(one).perVariant[0]!.guardrails[0]!.harm).toEqual({
      logE: harm.process.logE,
      limit: restartLimit(1, 0.02 * 0.9),
    });
    expect(longHarm.process.logE).toBe(harm.process.logE);
  });
  it('is bet on apart from the watch that starts anew, which has nothing to bet on at first', () => {
    const random = randomFromSeed(4);
    let state = started({ guardrails: guard(score, 10) });
    const grades = (n: number, mean: number): MetricBlock => ({
      kind: 'scores',
      scores: Array.from({ length: n }, () => mean + 0.2 * (random.next() - 0.5)),
    });
    for (let no = 1; no <= 20; no++) {
      const arms = { a: { score: grades(100, 0.8) }, b: { score: grades(100, 0.8) } };
      state = foldExperimentBlock(state, block(no, arms));
    }
    const stakes = nextExperimentBets(state, { weights: { a: 1, b: 1 } }).map(
      ({ question, stake }) => [question, stake] as const,
    );
    const { harm, longHarm } = Object.fromEntries(stakes);
    expect(harm).toBe(0);
    expect(longHarm).not.toBe(0);
  });
});

describe('harm of a mean', () => {
  const start = () => started({ nFixPerArm: 20_000, guardrails: guard(cost, 5) });

  it('forgets what it has seen at each restart, so the burn-in counts again', () => {
    const random = randomFromSeed(3);
    let state = start();
    const seen: number[] = [];
    for (let no = 1; no <= 22; no++) {
      const arms = { a: { cost: costs(100, 1, random) }, b: { cost: costs(100, 1, random) } };
      state = foldExperimentBlock(state, block(no, arms));
      const { process } = guardrailOf(state).harm;
      if (process.kind === 'sequence') seen.push(process.variant.n);
    }
    expect(seen.slice(18)).toEqual([1900, 2000, 100, 200]);
    const { longHarm } = guardrailOf(state);
    expect(longHarm.process).toMatchObject({ control: { n: 2200 }, variant: { n: 2200 } });
  });
  it('that begins late is seen within one restart', () => {
    const random = randomFromSeed(7);
    const end = blocksToHarm(start(), 700, (no) => ({
      a: costs(100, 1, random),
      b: costs(100, no > 300 ? 1.2 : 1, random),
    }));
    expect(end!.no).toBeGreaterThan(300);
    expect(end!.no).toBeLessThanOrEqual(320);
  });
  it('is compared within one stage only, also by the long watch, which then asks for more', () => {
    const random = randomFromSeed(9);
    let state = start();
    const shares = [0.05, 0.25, 0.5] as const;
    for (let no = 1; no <= 30; no++) {
      const stage = Math.floor((no - 1) / 10);
      const n = Math.round(1000 * shares[stage]!);
      const mean = 1 + stage;
      const arms = { a: { cost: costs(1000 - n, mean, random) }, b: { cost: costs(n, mean, random) } };
      state = foldExperimentBlock(state, block(no, arms, { weights: { a: 1000 - n, b: n } }));
    }
    const { harm, longHarm } = guardrailOf(state);
    expect([harm.alarm, longHarm.alarm]).toEqual([null, null]);
    expect(longHarm.process).toMatchObject({ stage: 2, variant: { n: 5000 } });
    const steady = Array.from({ length: 3 }).reduce<ExperimentState>(
      (folded) =>
        foldExperimentBlock(
          folded,
          block(
            folded.lastBlockNo! + 1,
            { a: { cost: costs(500, 3, random) }, b: { cost: costs(500, 9, random) } },
            { weights: { a: 500, b: 500 } },
          ),
        ),
      state,
    );
    expect(guardrailOf(steady).longHarm.alarm!.limit).toBe(restartLimit(3, 0.05 * 0.1));
  });
});
