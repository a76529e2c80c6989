/** `npm run prove -- sequences`: the random sequences of the reducer's tests as real workflows; the gateway ends where the reducer says. */
import { playSequences } from '../../support/sequences/run.ts';
import type { Proof } from '../proof.ts';

const AT_A_TIME = 24;

export const proof: Proof = {
  summary:
    'random events, messages, failures and restarts as real workflows: the gateway ends as the reducer says',
  defaultRuns: 200,
  run: async ({ runs, seed, onProgress }) => {
    const played = await playSequences({ count: runs, seed, atATime: AT_A_TIME, onProgress });
    const outcomes = [...played.outcomes].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      table: [
        ['ended as', 'sequences'],
        ...outcomes.map(([outcome, times]) => [outcome, String(times)]),
        ['continued as new on the way', String(played.continued)],
      ],
      figures: {
        runs: played.sequences,
        violations: played.problems.length,
        continuedAsNew: played.continued,
        ...Object.fromEntries(outcomes),
      },
      broken: played.problems,
    };
  },
};
