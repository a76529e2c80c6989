/**
 * `npm run prove -- experiment-kills`: kill -9 of the worker at random moments while experiments run on the real servers, twenty of them unless said otherwise. Every
 * disturbed experiment must end as the undisturbed one of its story did: same outcome, same verdict, same numbers, nothing left live.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  EXPERIMENT_STORIES,
  playExperiment,
  type ExperimentStory,
  type ExperimentTrace,
} from '../../support/chaos/experiment-story.ts';
import { startChaosLab, type Lab } from '../../support/chaos/lab.ts';
import { seededRandom } from '../../support/feedback.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

/** Experiments of one wave that has no more kills to come have this long to end. */
const PATIENCE_MS = 120_000;
/** Between the moment that the worker is back and the next kill, at most. */
const KILL_WITHIN_MS = 5_000;

async function run({ runs: kills, seed, onProgress }: ProofOptions): Promise<ProofResult> {
  const lab = await startChaosLab(onProgress);
  try {
    return await trial(lab, kills, seed, onProgress);
  } finally {
    await lab.stop();
  }
}

async function trial(
  lab: Lab,
  kills: number,
  seed: number,
  onProgress: (line: string) => void,
): Promise<ProofResult> {
  const undisturbed = await wave(lab, 'calm', async () => undefined);
  onProgress('the undisturbed experiments have ended');
  const random = seededRandom(seed);
  const killedIn = new Map<string, number>();
  const disturbed: Wave[] = [];
  const killed = { times: 0 };
  const isEnough = (): boolean => killed.times >= kills;
  while (!isEnough()) {
    const name = `wave-${disturbed.length}`;
    disturbed.push(
      await wave(lab, name, async (phases, isOver) => {
        while (!isEnough() && !isOver()) {
          await delay(random() * KILL_WITHIN_MS);
          if (isOver()) return;
          for (const phase of await phases()) killedIn.set(phase, (killedIn.get(phase) ?? 0) + 1);
          await lab.killed('worker');
          killed.times += 1;
        }
      }),
    );
    onProgress(
      `${killed.times} of ${kills} kills, ${disturbed.length * EXPERIMENT_STORIES.length} experiments`,
    );
  }
  const broken = disturbed.flatMap((traces, i) => differences(undisturbed, traces, `wave ${i}`));
  return {
    table: [
      ['story', 'undisturbed', 'disturbed alike', 'disturbed otherwise'],
      ...EXPERIMENT_STORIES.map((story) => {
        const alike = disturbed.filter((traces) => isAlike(undisturbed[story], traces[story])).length;
        return [
          story,
          `${undisturbed[story].outcome} (${undisturbed[story].verdicts.join(', ')})`,
          String(alike),
          String(disturbed.length - alike),
        ];
      }),
      ...[...killedIn].map(([phase, times]) => [`killed while ${phase}`, '', String(times), '']),
    ],
    figures: {
      kills: killed.times,
      experiments: disturbed.length * EXPERIMENT_STORIES.length,
      changedVerdicts: broken.length,
      ...Object.fromEntries([...killedIn].map(([phase, times]) => [`killed while ${phase}`, times])),
    },
    broken,
  };
}

type Wave = Readonly<Record<ExperimentStory, ExperimentTrace>>;

/** One experiment of each story, side by side, while `disturb` does what it does. */
async function wave(
  lab: Lab,
  name: string,
  disturb: (phases: () => Promise<readonly string[]>, isOver: () => boolean) => Promise<unknown>,
): Promise<Wave> {
  let isOver = false;
  let untilMs = Number.POSITIVE_INFINITY;
  const idOf = (story: ExperimentStory) => `${name}-${story.toLowerCase()}`;
  const playing = Promise.all(
    EXPERIMENT_STORIES.map(
      async (story) => [story, await playExperiment(lab, idOf(story), story, () => untilMs)] as const,
    ),
  ).finally(() => (isOver = true));
  const phases = async () => {
    const rows = await Promise.all(
      EXPERIMENT_STORIES.map((story) => lab.stores.experiments.list(idOf(story))),
    );
    return rows.map(([row]) => row?.phase ?? 'being admitted');
  };
  const [played] = await Promise.all([
    playing,
    disturb(phases, () => isOver).then(() => (untilMs = Date.now() + PATIENCE_MS)),
  ]);
  return Object.fromEntries(played) as Record<ExperimentStory, ExperimentTrace>;
}

const isAlike = (a: ExperimentTrace, b: ExperimentTrace): boolean => JSON.stringify(a) === JSON.stringify(b);

function differences(undisturbed: Wave, disturbed: Wave, where: string): readonly string[] {
  return EXPERIMENT_STORIES.flatMap((story) => {
    const [wanted, found] = [undisturbed[story], disturbed[story]];
    const left = found.leftLive ? [`${where}, ${story}: something was left live`] : [];
    return isAlike(wanted, found)
      ? left
      : [
          ...left,
          `${where}, ${story}: ended as ${found.outcome} (${found.judged.slice(0, 300)}), undisturbed as ${wanted.outcome} (${wanted.judged.slice(0, 300)})`,
        ];
  });
}

export const proof: Proof = {
  summary: 'the worker killed at random moments of experiments: every verdict stays what it was',
  defaultRuns: 20,
  run,
};
