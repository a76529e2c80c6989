/** Betting e-process of equal means for scores in 0..1. */
import { emptyBetting, foldBetting, nextBet, type ScoredEvent } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';
import { sequenceAnswer } from '../blocks.ts';

interface Input {
  readonly pi: number;
  readonly alpha: number;
  /** Events as [arm, score]; arm 1 is b. */
  readonly blocks: readonly (readonly (readonly [number, number])[])[];
}

const eventOf = ([arm, score]: readonly [number, number]): ScoredEvent => ({
  arm: arm === 1 ? 'candidate' : 'stable',
  score,
});

export const adapter = goldenAdapter<Input>({
  family: 'betting_eprocess',
  answer: ({ pi, alpha, blocks }) => {
    let state = emptyBetting();
    const stakes: number[] = [];
    const states = blocks.map((events) => {
      stakes.push(nextBet(state, pi).stake);
      return (state = foldBetting(state, events.map(eventOf), pi));
    });
    return { lambda_: stakes, ...sequenceAnswer(states, alpha) };
  },
});
