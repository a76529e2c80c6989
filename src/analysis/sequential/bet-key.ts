/** The name of a bet, under which a block tells what it earned. */
import type { Question } from './hypotheses.ts';

/** Which process a bet belongs to. */
export interface BetOwner {
  readonly variant: string;
  readonly metric: string;
  readonly question: Question;
}

/** JSON, so that no name of an arm can be taken for another's. */
export const betKey = ({ variant, metric, question }: BetOwner): string =>
  JSON.stringify([variant, metric, question]);
