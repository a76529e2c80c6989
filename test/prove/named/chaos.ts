/**
 * `npm run prove -- chaos`: kill -9 of the worker, the gateway, PostgreSQL and Temporal at every boundary of a rollout, on the real servers. Every
 * disturbed run must end as the undisturbed one did, by hash. `--only worker` (or any part of a point's name) tries those points alone.
 */
import { CELLS, keyOf, KILL_POINTS, type Cell } from '../../support/chaos/kills.ts';
import { startChaosLab } from '../../support/chaos/lab.ts';
import { VICTIMS, type Victim } from '../../support/chaos/processes.ts';
import { runTrial, type Trial } from '../../support/chaos/trial.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

/** So many rollouts at a time: each kill meets all of them, wherever they stand. */
const AT_A_TIME = 14;

async function run({ runs, seed, only, onProgress }: ProofOptions): Promise<ProofResult> {
  const cells = CELLS.filter((cell) => only === null || keyOf(cell).includes(only));
  if (cells.length === 0)
    throw new RangeError(`--only: "${only}" is given, expected part of a name such as "${keyOf(CELLS[0]!)}"`);
  const lab = await startChaosLab(onProgress);
  try {
    const trial = await runTrial(lab, { seed, cells, runs, atATime: AT_A_TIME, onProgress });
    return resultOf(trial, cells);
  } finally {
    await lab.stop();
  }
}

function resultOf(trial: Trial, cells: readonly Cell[]): ProofResult {
  const never = cells.filter((cell) => trial.hits.get(keyOf(cell)) === 0);
  const events = [
    ...new Set([...trial.boundaries.keys()].map((key) => key.replace(/^\w+: /u, ''))),
  ].toSorted();
  const row = (name: string, of: (victim: Victim) => number | undefined) => [
    name,
    ...VICTIMS.map((victim) => String(of(victim) ?? '')),
  ];
  const rows = KILL_POINTS.filter((point) => cells.some((cell) => cell.point === point));
  return {
    table: [
      ['killed when a rollout had', ...VICTIMS],
      ...rows.map((point) => row(point, (victim) => trial.hits.get(keyOf({ victim, point })))),
      ...events.map((event) => row(event, (victim) => trial.boundaries.get(`${victim}: ${event}`) ?? 0)),
    ],
    figures: {
      runs: trial.runs,
      violations: trial.violations.length,
      kills: trial.kills,
      points: cells.length,
      pointsNeverHit: never.length,
      ...Object.fromEntries([...trial.hits].map(([key, hits]) => [`hits ${key}`, hits])),
    },
    broken: [
      ...trial.violations,
      ...never.map((cell) => `no rollout was killed at its point: ${keyOf(cell)}`),
    ],
  };
}

export const proof: Proof = {
  summary: 'processes killed at every boundary of a rollout: it ends as if nothing had happened',
  defaultRuns: 60,
  run,
};
