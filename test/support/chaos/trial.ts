/**
 * A trial: the stories undisturbed, which say how each must end; then many of them at once while processes are killed at the points. A disturbed
 * run that does not end as the undisturbed one did, by hash, is a violation. It makes no exception for anything.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { canonicalJson } from '../../../src/decision/index.ts';
import { keyOf, killAtAny, type Cell } from './kills.ts';
import type { Lab } from './lab.ts';
import { playStory, STORIES, type StoryName } from './story.ts';
import { hashOfTrace, type Trace } from './trace.ts';

export interface TrialOptions {
  readonly seed: number;
  /** What is killed where; each at least once. */
  readonly cells: readonly Cell[];
  /** At least so many disturbed rollouts. */
  readonly runs: number;
  /** So many at a time. */
  readonly atATime: number;
  readonly stories?: readonly StoryName[];
  readonly onProgress: (line: string) => void;
}

export interface Trial {
  readonly runs: number;
  readonly kills: number;
  /** How often a process was killed at each point, and at each event boundary of a rollout that was open then. */
  readonly hits: ReadonlyMap<string, number>;
  readonly boundaries: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

/** So long none of the points left may be reached, so often in a row, before the trial gives them up and reports no hits. */
const POINT_MS = 60_000;
const MISSES = 4;
/** So soon after the last kill, and undisturbed, a rollout must have ended. */
const QUIET_MS = 300_000;
const CALM_MS = 240_000;
/** Differences that a violation quotes. */
const SHOWN = 6;

export async function runTrial(lab: Lab, options: TrialOptions): Promise<Trial> {
  const { seed, cells, runs, atATime, stories = STORIES, onProgress } = options;
  const expected = await undisturbed(lab, stories);
  onProgress(
    `undisturbed: ${[...expected].map(([name, { hash }]) => `${name} ${hash.slice(0, 12)}`).join(', ')}`,
  );
  const violations: string[] = [];
  const open = new Set<string>();
  let started = 0;
  let ended = 0;
  let lastKillMs = Date.now();
  const untilMs = () => lastKillMs + QUIET_MS;
  const killing = { goesOn: true };
  const slot = async (): Promise<void> => {
    while (killing.goesOn || started < runs) {
      const no = started++;
      const name = stories[no % stories.length] ?? 'promoted';
      const serviceId = `chaos-${seed}-${no}`;
      open.add(`rollout/${serviceId}`);
      const problem = await disturbed(lab, serviceId, name, expected, untilMs).catch(
        (error: unknown) =>
          `${serviceId} (${name}): ${error instanceof Error ? error.message : String(error)}`,
      );
      open.delete(`rollout/${serviceId}`);
      if (problem !== null) {
        violations.push(problem);
        onProgress(`VIOLATION ${problem}`);
      }
      ended += 1;
    }
  };
  const slots = Array.from({ length: atATime }, slot);
  const hits = new Map<string, number>(cells.map((cell) => [keyOf(cell), 0]));
  const boundaries = new Map<string, number>();
  let kills = 0;
  try {
    let left = shuffled(cells, seed);
    for (let misses = 0; left.length > 0 && misses < MISSES;) {
      const kill = await killAtAny(lab, left, () => [...open], POINT_MS);
      if (!kill) {
        misses += 1;
        continue;
      }
      misses = 0;
      kills += 1;
      lastKillMs = Date.now();
      const key = keyOf(kill.cell);
      left = left.filter((cell) => cell !== kill.cell);
      hits.set(key, (hits.get(key) ?? 0) + 1);
      for (const event of kill.events) {
        const boundary = `${kill.cell.victim}: after ${event}`;
        boundaries.set(boundary, (boundaries.get(boundary) ?? 0) + 1);
      }
      onProgress(`kill ${kills}, ${left.length} to go: ${key}; ${ended} rollouts ended`);
    }
  } finally {
    killing.goesOn = false;
  }
  await Promise.all(slots);
  return { runs: ended, kills, hits, boundaries, violations };
}

type Expected = ReadonlyMap<StoryName, { readonly trace: Trace; readonly hash: string }>;

async function undisturbed(lab: Lab, stories: readonly StoryName[]): Promise<Expected> {
  const played = await Promise.all(
    stories.map(async (name) => {
      const calmUntilMs = Date.now() + CALM_MS;
      const trace = await playStory(lab, `calm-${name.toLowerCase()}`, name, () => calmUntilMs);
      return [name, { trace, hash: hashOfTrace(trace) }] as const;
    }),
  );
  return new Map(played);
}

/** Null when it ended as it must. */
async function disturbed(
  lab: Lab,
  serviceId: string,
  name: StoryName,
  expected: Expected,
  untilMs: () => number,
): Promise<string | null> {
  const trace = await playStory(lab, serviceId, name, untilMs);
  const must = expected.get(name);
  if (!must || hashOfTrace(trace) === must.hash) return null;
  return `${serviceId} (${name}) ended otherwise: ${differences(must.trace, trace).slice(0, SHOWN).join('; ')}`;
}

/** Where two traces differ, a line each. */
function differences(a: unknown, b: unknown, at = ''): readonly string[] {
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null;
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differences(a[key], b[key], `${at}/${key}`));
  }
  return a === b ? [] : [`${at}: ${text(b)} in place of ${text(a)}`];
}

const text = (value: unknown): string => (value === undefined ? 'nothing' : canonicalJson(value));

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const generator = xoroshiro128plus(seed);
  const left = [...items];
  return items.flatMap(() => left.splice(uniformInt(generator, 0, left.length - 1), 1));
}
