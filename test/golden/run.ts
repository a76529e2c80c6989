/** Runs the product's implementation of each family against golden files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Answer, CaseResult, GoldenAdapter, GoldenCase, GoldenFamily } from './adapter.ts';
import { compare, joinComparisons } from './compare.ts';
import { parseGolden, type Tolerance } from './load.ts';

type AnyAdapter = GoldenAdapter<unknown, Answer>;
type AnyCase = GoldenCase<unknown, Answer>;

/** The adapters of `families/`, by family. */
export const loadAdapters = async (): Promise<ReadonlyMap<string, AnyAdapter>> => {
  const folder = join(import.meta.dirname, 'families');
  const adapters = new Map<string, AnyAdapter>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()) {
    const { adapter } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)) as {
      readonly adapter: AnyAdapter;
    };
    adapters.set(adapter.family, adapter);
  }
  return adapters;
};

/** The golden files of a folder: every `*.json` but an index. */
export const goldenFiles = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
    .sort()
    .map((name) => join(folder, name));

const failed = (problems: readonly string[]) => ({ problems, worst: Infinity, worstError: Infinity });
const passed = { problems: [], worst: 0, worstError: 0 };

const isRefusal = (error: unknown): boolean => error instanceof RangeError || error instanceof TypeError;

const undefinedCase = (adapter: AnyAdapter, goldenCase: AnyCase) => {
  let answer: Answer;
  try {
    answer = adapter.answer(goldenCase.input, goldenCase.expected);
  } catch (error) {
    return isRefusal(error) ? passed : failed([`threw ${String(error)}, not a RangeError or TypeError`]);
  }
  if (typeof answer['undefined'] === 'string') return passed;
  const numeric = goldenCase.expected['p_value_if_numeric'];
  if (numeric !== undefined && answer['p'] === numeric) return passed;
  return failed([
    `answered ${JSON.stringify(answer)}, but it is undefined: ${goldenCase.expected.undefined}`,
  ]);
};

const answeredCase = (adapter: AnyAdapter, goldenCase: AnyCase, tolerance: Tolerance) => {
  const refused = adapter.refused?.[goldenCase.id];
  try {
    if (adapter.properties !== undefined && refused === undefined) {
      const findings = adapter.properties(goldenCase);
      const worst = Math.max(0, ...findings.map((f) => f.shareOfAllowed));
      return { problems: findings.flatMap((f) => f.problem ?? []), worst, worstError: worst };
    }
    const answer = adapter.answer(goldenCase.input, goldenCase.expected);
    if (typeof answer['undefined'] === 'string') return failed([`is undefined: ${answer['undefined']}`]);
    if (refused !== undefined) return failed([`answered, but is to be refused: ${refused}`]);
    const asked = Object.fromEntries(
      Object.entries(goldenCase.expected).filter(([field]) => adapter.leftOut?.[field] === undefined),
    );
    return joinComparisons(
      Object.entries(asked).map(([field, expected]) => {
        const known = adapter.referenceError?.bound(goldenCase.input, field) ?? 0;
        const allowed = { ...tolerance, abs: (tolerance.abs ?? 0) + known };
        return compare(`expected.${field}`, field, answer[field], expected, allowed);
      }),
    );
  } catch (error) {
    if (refused !== undefined && isRefusal(error)) return passed;
    return failed([`threw ${String(error)}`]);
  }
};

/** One case against its family's adapter. Never throws. */
export const runCase = (
  adapter: AnyAdapter,
  family: GoldenFamily<unknown, Answer>,
  goldenCase: AnyCase,
): CaseResult => {
  const tolerance = { ...family.tolerance, ...goldenCase.tolerance };
  const outcome =
    goldenCase.expected.undefined === undefined
      ? answeredCase(adapter, goldenCase, tolerance)
      : undefinedCase(adapter, goldenCase);
  return { family: family.family, id: goldenCase.id, ...outcome };
};

/** A golden file with its adapter; null where the product has no implementation of the family. */
export const readFamily = (
  file: string,
  adapters: ReadonlyMap<string, AnyAdapter>,
): {
  readonly name: string;
  readonly adapter: AnyAdapter | null;
  readonly family: GoldenFamily<unknown, Answer>;
} => {
  const parsed = parseGolden(readFileSync(file, 'utf8'));
  const content = parsed as Readonly<Record<string, unknown>>;
  const name =
    typeof content['family'] === 'string' ? content['family'] : file.replace(/^.*[\\/]|\.json$/gu, '');
  const adapter = adapters.get(name) ?? null;
  const family = adapter?.casesOf?.(content) ?? (parsed as GoldenFamily<unknown, Answer>);
  return { name, adapter, family };
};
