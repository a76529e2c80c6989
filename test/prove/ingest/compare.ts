/** What is there held against what must be there. Pure: it sees every event and every count that is lost or doubled. */
import type { Figures } from './ledger.ts';

export interface Compared {
  /** How much of what must be there is not, and how much is there more than once or without having been sent. */
  readonly lost: number;
  readonly doubled: number;
  /** One line for each difference. */
  readonly differ: readonly string[];
}

/** @param found with each as often as it is there */
export function compareIdentities(
  what: string,
  found: readonly string[],
  expected: ReadonlySet<string>,
): Compared {
  const seen = new Set<string>();
  const differ: string[] = [];
  let doubled = 0;
  for (const each of found) {
    if (seen.has(each)) differ.push(`${what} ${each}: more than once`);
    else if (!expected.has(each)) differ.push(`${what} ${each}: was never sent`);
    if (seen.has(each) || !expected.has(each)) doubled += 1;
    seen.add(each);
  }
  const missing = [...expected].filter((each) => !seen.has(each));
  differ.push(...missing.map((each) => `${what} ${each}: is not there`));
  return { lost: missing.length, doubled, differ };
}

/**
 * Rows by key. Every figure that is expected must be the same, to the last bit; `counted` names the one whose shortfall and surplus are how many
 * observations are lost and doubled.
 */
export function compareRows(
  what: string,
  found: ReadonlyMap<string, Figures>,
  expected: ReadonlyMap<string, Figures>,
  counted: string,
): Compared {
  let [lost, doubled] = [0, 0];
  const differ: string[] = [];
  for (const key of new Set([...found.keys(), ...expected.keys()])) {
    const [is, must] = [found.get(key), expected.get(key)];
    const comparable = must === undefined || counted in must;
    const more = comparable ? (is?.[counted] ?? 0) - (must?.[counted] ?? 0) : 0;
    lost += Math.max(0, -more);
    doubled += Math.max(0, more);
    if (must === undefined) differ.push(`${what} ${key}: ${JSON.stringify(is)}, expected none`);
    else if (is === undefined) differ.push(`${what} ${key}: none, expected ${JSON.stringify(must)}`);
    else {
      const wrong = Object.entries(must).filter(([name, value]) => is[name] !== value);
      if (wrong.length > 0)
        differ.push(
          `${what} ${key}: ${wrong.map(([name, value]) => `${name} ${is[name]}, expected ${value}`).join('; ')}`,
        );
    }
  }
  return { lost, doubled, differ };
}

export const together = (all: readonly Compared[]): Compared => ({
  lost: all.reduce((sum, { lost }) => sum + lost, 0),
  doubled: all.reduce((sum, { doubled }) => sum + doubled, 0),
  differ: all.flatMap(({ differ }) => differ),
});
