/** What goes wrong during `prove ingest`: ingest is killed again and again, and between these kills the broker and the database are. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../../support/ingest-stage.ts';

/** Between the return of a killed process and the next kill, at most. */
const CALM_MS = 3_000;

interface Fault {
  /** After which share of the kills. */
  readonly after: number;
  readonly what: string;
  readonly strike: (stage: Stage) => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    after: 0.2,
    what: 'the broker was killed',
    strike: async ({ kafka }) => {
      await kafka.kill();
      await kafka.start();
    },
  },
  {
    after: 0.4,
    what: 'the database was shut down at once (SIGQUIT)',
    strike: async ({ postgres }) => {
      await postgres.crash('immediate');
      await postgres.up();
    },
  },
  {
    after: 0.6,
    what: 'the broker was shut down',
    strike: async ({ kafka }) => {
      await kafka.stop();
      await kafka.start();
    },
  },
  {
    after: 0.8,
    what: 'every process of the database was killed',
    strike: async ({ postgres }) => {
      await postgres.crash('kill');
      await postgres.up();
    },
  },
];

export const RESTARTS = FAULTS.length;

export async function disturb(
  stage: Stage,
  kills: number,
  onProgress: (line: string) => void,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill += 1) {
    await delay(CALM_MS * ((kill * 7) % 10) * 0.1);
    await stage.killIngest();
    onProgress(`ingest killed and started again: ${kill} of ${kills}`);
    for (const { after, what, strike } of FAULTS) {
      if (kill !== Math.ceil(kills * after)) continue;
      await strike(stage);
      onProgress(`${what}, and started again`);
    }
  }
}
