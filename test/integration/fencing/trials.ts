/**
 * What a network may do to the writes of a rollout, each as a trial that says what went wrong: null when the fence held. The same trials run against
 * the gateway as it is, where all must be null, and against one that does not look at revisions, where none may be.
 */
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { CANDIDATE, INCUMBENT, type Bench } from './bench.ts';

export interface FencingTrial {
  readonly name: string;
  readonly run: (bench: Bench) => Promise<string | null>;
}

const HELD_MS = 5_000;
const AFTERWARDS_MS = 10_000;

/** Why the service is not on its stable configuration alone, null when it is. */
function notStable({ stable, candidate, weight_pct }: LiveConfiguration): string | null {
  if (candidate) return `a candidate is served at ${weight_pct} %`;
  const { model = '' } = stable.configuration;
  return model === INCUMBENT ? null : `${model} is stable`;
}

/** Stable now, and still so ten seconds later. */
async function staysStable(bench: Bench): Promise<string | null> {
  const now = notStable(await bench.live());
  bench.later(AFTERWARDS_MS);
  return now ?? notStable(await bench.live());
}

/** A write that is under way while the rollback overtakes it. */
const overtaken =
  (kind: 'candidate' | 'stable', weightPct: number, heldMs: number) =>
  async (bench: Bench): Promise<string | null> => {
    await bench.write({ kind: 'candidate', revision: 1, weightPct: 25 });
    const late = await bench.send({ kind, revision: 2, weightPct }, { holds: true });
    bench.later(heldMs);
    const rolledBack = await bench.write({ kind: 'rollback', revision: 3 });
    if (rolledBack !== 'taken') return 'the rollback was refused';
    await late.line.release();
    if ((await late.answer) === 'taken') return 'the late write was taken';
    return staysStable(bench);
  };

export const TRIALS: readonly FencingTrial[] = [
  {
    name: 'a PUT held for 5 s, a rollback, then the PUT: still stable 10 s later',
    run: overtaken('candidate', 50, HELD_MS),
  },
  { name: 'a renewal that arrives after the compensation', run: overtaken('candidate', 25, 0) },
  { name: 'a promotion that arrives after the rollback', run: overtaken('stable', 100, 0) },
  {
    name: 'a PUT that is delivered again and again after the rollback',
    run: async (bench) => {
      const put = await bench.send({ kind: 'candidate', revision: 1 });
      await bench.write({ kind: 'rollback', revision: 2 });
      for (let time = 0; time < 3; time += 1) {
        await put.line.again();
        const found = notStable(await bench.live());
        if (found !== null) return `${found} after ${time + 1} more deliveries`;
      }
      return staysStable(bench);
    },
  },
  {
    name: 'a rollback that is delivered again after the candidate of a later revision',
    run: async (bench) => {
      await bench.write({ kind: 'candidate', revision: 1 });
      const rollback = await bench.send({ kind: 'rollback', revision: 2 });
      await bench.write({ kind: 'candidate', revision: 3, weightPct: 25 });
      await rollback.line.again();
      const { candidate } = await bench.live();
      return candidate ? null : 'the newer candidate was taken away';
    },
  },
  {
    name: 'writes of one writer that arrive in the opposite order',
    run: async (bench) => {
      const weights = [5, 10, 25, 50, 75];
      const late = await Promise.all(
        weights.map((weightPct, i) =>
          bench.send({ kind: 'candidate', revision: i + 1, weightPct }, { holds: true }),
        ),
      );
      for (const { line } of late.toReversed()) await line.release();
      const { weight_pct: served } = await bench.live();
      return served === weights.at(-1) ? null : `${served} % is served, ${weights.at(-1)} % was asked last`;
    },
  },
  {
    name: 'two writers of one generation and one revision: one is taken, the other is told',
    run: async (bench) => {
      const both = await Promise.all(
        [CANDIDATE, 'gpt-4o-mini-2024-07-18'].map((model) =>
          bench.send({ kind: 'candidate', revision: 1, model }, { holds: true }),
        ),
      );
      await Promise.all(both.map(({ line }) => line.release()));
      const answers = await Promise.all(both.map(({ answer }) => answer));
      const taken = answers.filter((answer) => answer === 'taken').length;
      return taken === 1 ? null : `${taken} of two writers were told that theirs was taken`;
    },
  },
];
