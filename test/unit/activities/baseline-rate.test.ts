/** Over which time labels per hour are counted: for an experiment, where all of them have come. */
import { expect, it } from 'vitest';
import { rateStretches } from '../../../activities/baseline.ts';

const MINUTE_MS = 60_000;
const NOW_MS = 1_000 * MINUTE_MS;
const ago = (minutes: number): number => NOW_MS - minutes * MINUTE_MS;

const RECENT = { fromMs: ago(10), toMs: NOW_MS };

it.each([
  ['a rollout: the last minutes', 0, undefined, [RECENT]],
  [
    'an experiment: the hour whose labels have matured, the last minutes where nothing came then',
    0,
    30,
    [{ fromMs: ago(90), toMs: ago(30) }, RECENT],
  ],
  [
    'since the adoption, as far as that has matured',
    ago(60),
    30,
    [{ fromMs: ago(60), toMs: ago(30) }, RECENT],
  ],
  ['a service that was adopted just now has its last minutes alone', ago(35), 30, [RECENT]],
] as const)('%s', (_, adoptedAtMs, matureMinutes, expected) => {
  const matureAfterMs = matureMinutes === undefined ? undefined : matureMinutes * MINUTE_MS;
  expect(rateStretches(NOW_MS, adoptedAtMs, matureAfterMs)).toEqual(expected);
});
