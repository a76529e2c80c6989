/**
 * `npm run prove -- recovery`: how long a rollout stands still when its worker is killed with kill -9 in the middle of a write to the gateway, from the kill
 * to the report of the next try. Each run kills one setWeight and one takeBackCandidate.
 */
import { startChaosLab, type Lab } from '../../support/chaos/lab.ts';
import { adopt, start } from '../../support/chaos/story.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const REACHED_WITHIN_MS = 60_000;
/** Beyond this a killed write was found out by the end of its minute, and not by its missing heartbeat. */
const RECOVERED_WITHIN_MS = 40_000;

async function run({ runs, seed, onProgress }: ProofOptions): Promise<ProofResult> {
  const lab = await startChaosLab(onProgress);
  const tookMs = { setWeight: [] as number[], takeBackCandidate: [] as number[] };
  try {
    for (let no = 0; no < runs; no += 1) {
      const serviceId = `recovery-${seed}-${no}`;
      await adopt(lab, serviceId);
      const [applied] = await Promise.all([killedIn(lab, 'weight', 'setWeight'), start(lab, serviceId)]);
      const rollback = { by: 'oncall', reason: 'it is tried' };
      const [back] = await Promise.all([
        killedIn(lab, 'rollback', 'takeBackCandidate'),
        lab.client.workflow.getHandle(`rollout/${serviceId}`).signal('rollback', rollback),
      ]);
      tookMs.setWeight.push(applied);
      tookMs.takeBackCandidate.push(back);
      onProgress(`run ${no + 1}: ${applied} and ${back} ms`);
      await lab.client.workflow.getHandle(`rollout/${serviceId}`).result();
    }
  } finally {
    await lab.stop();
  }
  const slow = Object.entries(tookMs).filter(([, each]) => Math.max(...each) > RECOVERED_WITHIN_MS);
  return {
    table: [
      ['killed in', 'ms to the next report'],
      ...Object.entries(tookMs).map(([k, ms]) => [k, ms.join(', ')]),
    ],
    figures: {
      runs,
      setWeightMaxMs: Math.max(...tookMs.setWeight),
      takeBackMaxMs: Math.max(...tookMs.takeBackCandidate),
    },
    broken: slow.map(
      ([name, each]) => `${name}: ${Math.max(...each)} ms, expected at most ${RECOVERED_WITHIN_MS}`,
    ),
  };
}

/** Milliseconds from the kill until the activity is reported. */
async function killedIn(lab: Lab, write: string, activity: string): Promise<number> {
  const reached = await lab.points.next(new Set([`${write} sent, not answered`]), REACHED_WITHIN_MS);
  if (!reached) throw new Error(`no ${write} was written`);
  const atMs = Date.now();
  await lab.killed('worker', () => Promise.resolve(reached.release('isLost')));
  const reported = await lab.points.next(new Set([`${activity} done, not reported`]), 2 * REACHED_WITHIN_MS);
  if (!reported) throw new Error(`${activity} was not tried again`);
  reported.release('goesOn');
  return Date.now() - atMs;
}

export const proof: Proof = {
  summary: 'a worker killed in the middle of a write: the write is tried again within seconds',
  defaultRuns: 2,
  run,
};
