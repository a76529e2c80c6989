/** Tables of tabular Q-learning after a sequence of transitions. */
import { qLearning, type QTable } from '../../../src/bandits/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly states: number;
  readonly actions: number;
  readonly alpha: number;
  readonly gamma: number;
  readonly transitions: readonly {
    readonly s: number;
    readonly a: number;
    readonly r: number;
    readonly s2: number;
    readonly done: boolean;
  }[];
}

export const adapter = goldenAdapter<Input>({
  family: 'q_learning',
  answer: ({ states, actions, alpha, gamma, transitions }) => {
    const learner = qLearning({ states, actions, alpha, gamma });
    const table = transitions.reduce<QTable>(
      (before, { s, a, r, s2, done }) =>
        learner.learn(before, { state: s, action: a, reward: r, next: done ? null : s2 }),
      learner.start(),
    );
    return { q: table.q, greedy: table.q.map((_, state) => learner.greedy(table, state)) };
  },
});
