/**
 * What each hot function costs per call, and beside it the Python reference on the same inputs, timed in the same run: both warm up and
 * take the median of rounds. Where both answer the same question, the largest relative difference of their answers stands beside.
 */
import { join } from 'node:path';
import { runPythonIfThere, type Available } from '../support/python/python.ts';
import type { Bench } from './bench.ts';
import { choosing } from './statistics/choosing.ts';
import { detecting } from './statistics/detecting.ts';
import { distributions } from './statistics/distributions.ts';
import { measureUs, type HotFunction } from './statistics/hot-function.ts';
import { inputsOf } from './statistics/inputs.ts';
import { judging } from './statistics/judging.ts';
import { learning } from './statistics/learning.ts';
import { sketching } from './statistics/sketching.ts';
import { testing } from './statistics/testing.ts';

const SCRIPT = join(import.meta.dirname, 'statistics', 'reference.py');

/** What the script says of one task. */
type Answer =
  { readonly us: number; readonly values: readonly number[] | null } | { readonly missing: string };
type Answers = Readonly<Record<string, Answer>>;

const askPython = (functions: readonly HotFunction[]): Promise<Available<Answers>> =>
  runPythonIfThere<Answers>(
    SCRIPT,
    Object.fromEntries(
      functions.flatMap(({ name, reference }) =>
        reference === undefined ? [] : [[name, { task: reference.task, input: reference.input }]],
      ),
    ),
  );

/** Largest relative difference of two lists of answers. */
const differenceOf = (ours: readonly number[], theirs: readonly number[]): number =>
  ours.length === theirs.length
    ? ours.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i]!) / Math.abs(theirs[i]! || 1)), 0)
    : Infinity;

interface Row {
  readonly of: HotFunction;
  readonly us: number;
  readonly pythonUs: number | null;
  readonly difference: number | null;
  readonly note: string;
}

const rowOf = (of: HotFunction, us: number, python: Available<Answers>): Row => {
  const bare = { of, us, pythonUs: null, difference: null };
  if (of.reference === undefined) return { ...bare, note: '' };
  if (!python.ok) return { ...bare, note: 'no Python' };
  const answer = python.value[of.name];
  if (answer === undefined || 'missing' in answer) return { ...bare, note: answer?.missing ?? 'no answer' };
  const values = of.values?.() ?? null;
  const difference = values === null || answer.values === null ? null : differenceOf(values, answer.values);
  return { of, us, pythonUs: answer.us, difference, note: of.reference.name };
};

const shown = (us: number | null): string => (us === null ? '' : String(Number(us.toPrecision(3))));

const figuresOf = ({ of: { name, reference }, us, pythonUs, difference }: Row) => ({
  [`${name}Us`]: us,
  ...(reference === undefined
    ? {}
    : {
        [`${name}PythonUs`]: pythonUs,
        [`${name}TimesFaster`]: pythonUs === null ? null : pythonUs / us,
        ...(difference === null ? {} : { [`${name}Difference`]: difference }),
      }),
});

export const statistics: Bench = {
  summary: 'microseconds per call of each hot function, and of the Python references',
  run: async ({ seed, onProgress }) => {
    const inputs = inputsOf(seed);
    const functions = [judging, distributions, testing, sketching, detecting, learning, choosing].flatMap(
      (area) => area(inputs),
    );
    onProgress(`${functions.length} functions, then Python on the same inputs`);
    const timed = functions.map((of) => ({ of, us: measureUs(of) }));
    const python = await askPython(functions);
    if (!python.ok) onProgress(python.reason);
    const rows = timed.map(({ of, us }) => rowOf(of, us, python));
    const head = ['function', 'a call', 'us', 'Python us', 'times faster', 'answers differ by', 'Python'];
    return {
      table: [
        head,
        ...rows.map(({ of, us, pythonUs, difference, note }) => [
          of.name,
          of.call,
          shown(us),
          shown(pythonUs),
          shown(pythonUs === null ? null : pythonUs / us),
          difference === null ? '' : difference.toExponential(0),
          note,
        ]),
      ],
      figures: Object.assign({ pythonThere: python.ok ? 1 : 0 }, ...rows.map(figuresOf)) as Readonly<
        Record<string, number | null>
      >,
    };
  },
};
