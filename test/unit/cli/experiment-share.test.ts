/** Which share of the experiments of a service found a winner. */
import { expect, it } from 'vitest';
import { shareOf } from '../../../src/cli/commands/experiment-state.ts';

const row = (outcome: string | null, state: unknown = {}) => ({ outcome, state });

it('counts those that have ended, and of the adopted ones those that nobody promoted by hand', () => {
  const rows = [
    row('adopted'),
    row('adopted', { byHand: true }),
    row('adopted', null),
    row('keptControl'),
    row(null, { byHand: true }),
  ];
  expect(shareOf(rows)).toEqual({ ended: 4, won: 2, byHand: 1, winShare: 0.5 });
  expect(shareOf([])).toEqual({ ended: 0, won: 0, byHand: 0, winShare: null });
});
