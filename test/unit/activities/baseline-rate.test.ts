/** Over which time labels per hour are counted: for an experiment, where all of them have come. */
import { expect, it } from 'vitest';
import { rateStretch } from '../../../activities/baseline.ts';

const MINUTE_MS = 60_000;
const NOW_MS = 1_000 * MINUTE_MS;
const ago = (minutes: number): number => NOW_MS - minutes * MINUTE_MS;

it.each([
  ['a rollout: the last minutes', 0, undefined, 10, 0],
  ['an experiment: the last hour whose labels have matured', 0, 30, 90, 30],
  ['since the adoption, as far as that has matured', ago(60), 30, 60, 30],
  ['a service that was adopted just now has its last minutes alone', ago(35), 30, 10, 0],
] as const)('%s', (_, adoptedAtMs, matureMinutes, from, to) => {
  const matureAfterMs = matureMinutes === undefined ? undefined : matureMinutes * MINUTE_MS;
  expect(rateStretch(NOW_MS, adoptedAtMs, matureAfterMs)).toEqual({ fromMs: ago(from), toMs: ago(to) });
});
