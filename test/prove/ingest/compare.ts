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

/** A signal as it lies in the history of the workflow that got it. */
export interface GotSignal {
  readonly id: string;
  readonly security: boolean;
  /** How many alerts it stands for. */
  readonly alerts: number;
}

/**
 * The signals of a workflow against the alerts that were sent for it. One that came again is harmless, since a message is taken once by its id; but it must say the
 * same. `again`: how many did.
 */
export function compareSignals(
  got: readonly GotSignal[],
  sent: { readonly security: number; readonly other: number },
): Compared & { readonly again: number } {
  const first = new Map<string, GotSignal>();
  const differ: string[] = [];
  let [again, doubled] = [0, 0];
  for (const signal of got) {
    const before = first.get(signal.id);
    if (before === undefined) first.set(signal.id, signal);
    else if (JSON.stringify(before) === JSON.stringify(signal)) again += 1;
    else {
      doubled += 1;
      differ.push(`signal ${signal.id}: ${JSON.stringify(signal)}, before ${JSON.stringify(before)}`);
    }
  }
  let lost = 0;
  for (const kind of ['security', 'other'] as const) {
    const its = [...first.values()].filter(({ security }) => security === (kind === 'security'));
    const more = its.reduce((sum, { alerts }) => sum + alerts, 0) - sent[kind];
    lost += Math.max(0, -more);
    doubled += Math.max(0, more);
    if (more !== 0)
      differ.push(`alerts (${kind}): signals stand for ${sent[kind] + more}, expected ${sent[kind]}`);
  }
  return { lost, doubled, differ, again };
}

export const together = (all: readonly Compared[]): Compared => ({
  lost: all.reduce((sum, { lost }) => sum + lost, 0),
  doubled: all.reduce((sum, { doubled }) => sum + doubled, 0),
  differ: all.flatMap(({ differ }) => differ),
});
