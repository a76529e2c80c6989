/**
 * What goes wrong during `prove ingest`: ingest is killed again and again, and between these kills the broker and the database are. Once it is held while
 * another process takes its partitions over, and goes on with what it had in its hands.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../../src/embedded/poll.ts';
import type { AnotherIngest, Stage } from '../../support/ingest-stage.ts';

/** Between the return of a killed process and the next kill, at most. */
const CALM_MS = 3_000;

interface Fault {
  /** After which share of the kills. */
  readonly after: number;
  readonly what: string;
  readonly strike: (stage: Stage, partitions: number) => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    after: 0.2,
    what: 'the broker was killed, and started again',
    strike: async ({ kafka }) => {
      await kafka.kill();
      await kafka.start();
    },
  },
  {
    after: 0.4,
    what: 'the database was shut down at once (SIGQUIT), and started again',
    strike: async ({ postgres }) => {
      await postgres.crash('immediate');
      await postgres.up();
    },
  },
  {
    after: 0.5,
    what: 'ingest was held until another process had all its partitions, and went on',
    strike: overtake,
  },
  {
    after: 0.6,
    what: 'the broker was shut down, and started again',
    strike: async ({ kafka }) => {
      await kafka.stop();
      await kafka.start();
    },
  },
  {
    after: 0.8,
    what: 'every process of the database was killed, and started again',
    strike: async ({ postgres }) => {
      await postgres.crash('kill');
      await postgres.up();
    },
  },
];

/** Restarts of the broker and of the database. */
export const RESTARTS = FAULTS.filter(({ strike }) => strike !== overtake).length;

const TAKEN_OVER_MS = 90_000;

const assignedTo = async (ingest: Pick<AnotherIngest, 'health'>): Promise<number> =>
  (await ingest.health())?.log.assigned.length ?? 0;

/** Held for longer than its session, a reader is a reader no more, and does not know it. It has all partitions first: killed members keep theirs for a while. */
async function overtake(stage: Stage, all: number): Promise<void> {
  const has = async () => ((await assignedTo(stage)) === all ? true : undefined);
  const whole = await poll(has, { timeoutMs: TAKEN_OVER_MS, everyMs: 200 });
  const pid = stage.ingestPid();
  if (whole === undefined || pid === undefined)
    throw new Error(`ingest does not read the ${all} partitions that could be taken over`);
  const other = await stage.startAnother();
  try {
    process.kill(pid, 'SIGSTOP');
    const taken = async () => ((await assignedTo(other)) === all ? true : undefined);
    const took = await poll(taken, { timeoutMs: TAKEN_OVER_MS, everyMs: 200 }).finally(() =>
      process.kill(pid, 'SIGCONT'),
    );
    if (took !== true) throw new Error(`the other process did not take ${all} partitions over`);
    await poll(async () => ((await assignedTo(stage)) > 0 ? true : undefined), { timeoutMs: TAKEN_OVER_MS });
  } finally {
    await other.end();
  }
}

/** @param partitions of all topics together */
export async function disturb(
  stage: Stage,
  partitions: number,
  kills: number,
  onProgress: (line: string) => void,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill += 1) {
    await delay(CALM_MS * ((kill * 7) % 10) * 0.1);
    await stage.killIngest();
    onProgress(`ingest killed and started again: ${kill} of ${kills}`);
    for (const { after, what, strike } of FAULTS) {
      if (kill !== Math.ceil(kills * after)) continue;
      await strike(stage, partitions);
      onProgress(what);
    }
  }
}
