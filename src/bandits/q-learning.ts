/**
 * Tabular Q-learning: what each action is worth in each state of a small known world (Watkins 1989; Watkins, Dayan, Machine Learning 8, 1992).
 * Golden family `q_learning`.
 *
 * For decisions that change what comes next, such as whether to escalate to a larger model after a poor answer. Where each request
 * stands alone, a bandit learns the same in far fewer rewards. Not for states with numbers in them: cut those into few classes first.
 */
import type { Random } from '../math/random.ts';
import { requireClosedUnit, requireWhole } from '../math/require.ts';
import { argMax, requireReward } from './arguments.ts';
import type { Choice } from './policy.ts';

/** Worth of each action, per state; plain JSON. */
export interface QTable {
  readonly q: readonly (readonly number[])[];
}

/** One step: `action` in `state` earned `reward` and led to `next`, null when the episode ended there. */
export interface Transition {
  readonly state: number;
  readonly action: number;
  readonly reward: number;
  readonly next: number | null;
}

/** Pure functions over a `QTable`. */
export interface QLearning {
  readonly name: string;
  /** All worth 0. */
  readonly start: () => QTable;
  /**
   * Q(s,a) moves by alpha towards reward + gamma max Q(next, .), or towards the reward alone at the end of an episode.
   * @throws RangeError naming `state`, `action`, `reward` or `next`.
   */
  readonly learn: (table: QTable, transition: Transition) => QTable;
  /** The best action, the lowest on ties. @throws RangeError naming `state`. */
  readonly greedy: (table: QTable, state: number) => number;
  /** The best action, and with probability `epsilon` any. @throws RangeError naming `state` or `epsilon`. */
  readonly choose: (table: QTable, state: number, epsilon: number, random: Random) => Choice;
}

const requireIndex = (name: string, index: number, count: number): void => {
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`${name} must be a whole number from 0 to ${count - 1}, got ${index}`);
  }
};

/**
 * Q-learning with a fixed step. It follows a world that changes; in one that stays it keeps jittering by about alpha times a reward's spread.
 * @param options.alpha step, above 0 to 1. @param options.gamma what the next state's worth counts, 0 to 1; 1 only where every episode ends.
 * @throws RangeError naming `states`, `actions`, `alpha` or `gamma`; its functions name `table` when it has another shape.
 */
export const qLearning = ({
  states,
  actions,
  alpha,
  gamma,
}: {
  readonly states: number;
  readonly actions: number;
  readonly alpha: number;
  readonly gamma: number;
}): QLearning => {
  requireWhole('states', states, 1);
  requireWhole('actions', actions, 1);
  if (!(alpha > 0 && alpha <= 1)) throw new RangeError(`alpha must be above 0 and at most 1, got ${alpha}`);
  requireClosedUnit('gamma', gamma);
  const rowOf = ({ q }: QTable, name: string, state: number): readonly number[] => {
    if (q.length !== states || q[0]?.length !== actions) {
      throw new RangeError(`table must have ${states} states of ${actions} actions`);
    }
    requireIndex(name, state, states);
    return q[state]!;
  };
  return {
    name: `q-learning ${states} x ${actions}, alpha=${alpha} gamma=${gamma}`,
    start: () => ({ q: Array.from({ length: states }, () => Array.from({ length: actions }, () => 0)) }),
    learn: (table, { state, action, reward, next }) => {
      const row = rowOf(table, 'state', state).slice();
      requireIndex('action', action, actions);
      requireReward(reward);
      const later = next === null ? 0 : gamma * Math.max(...rowOf(table, 'next', next));
      row[action]! += alpha * (reward + later - row[action]!);
      return { q: table.q.map((old, i) => (i === state ? row : old)) };
    },
    greedy: (table, state) => argMax(rowOf(table, 'state', state)),
    choose: (table, state, epsilon, random) => {
      requireClosedUnit('epsilon', epsilon);
      const greedy = argMax(rowOf(table, 'state', state));
      const action = random.next() < epsilon ? Math.floor(random.next() * actions) : greedy;
      return { arm: action, propensity: epsilon / actions + (action === greedy ? 1 - epsilon : 0) };
    },
  };
};
