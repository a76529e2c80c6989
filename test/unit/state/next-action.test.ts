/** What a rollout does next, phase by phase. */
import { describe, expect, it } from 'vitest';
import {
  nextRolloutAction,
  upgradeRolloutState,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const HOUR_MS = 60 * MINUTE_MS;
const HOLD = { by: 'ann', reason: 'release day' };
const state = (different: Partial<RolloutState>): RolloutState => ({ ...admitted(), ...different });

describe('the next action of a rollout', () => {
  it.each<[string, RolloutState, number, unknown]>([
    ['just admitted', admitted(), T0, { kind: 'setWeight', weightPct: 5 }],
    ['later steps', state({ stepIndex: 2, weightPct: 25 }), T0, { kind: 'setWeight', weightPct: 50 }],
    [
      'before an approval',
      admitted({ approval: 'beforeStart' }),
      T0,
      { kind: 'wait', untilMs: T0 + 24 * HOUR_MS },
    ],
    [
      'approval overdue',
      admitted({ approval: 'beforeStart' }),
      T0 + 24 * HOUR_MS,
      { kind: 'expireApproval' },
    ],
    [
      'paused with nothing written',
      state({ paused: HOLD }),
      T0,
      { kind: 'wait', untilMs: T0 + 7 * 24 * HOUR_MS },
    ],
    [
      'held with nothing written',
      state({ held: HOLD }),
      T0,
      { kind: 'wait', untilMs: T0 + 7 * 24 * HOUR_MS },
    ],
    [
      'paused between steps: the decided step is applied',
      state({ paused: HOLD, stepIndex: 1, weightPct: 5 }),
      T0,
      { kind: 'setWeight', weightPct: 25 },
    ],
    [
      'applying beyond the longest duration',
      state({ stepIndex: 1 }),
      T0 + 7 * 24 * HOUR_MS,
      { kind: 'runOutOfTime' },
    ],
    [
      'soaking before the next look',
      state({ phase: 'soaking', nextLookAtMs: T0 + MINUTE_MS }),
      T0,
      { kind: 'wait', untilMs: T0 + MINUTE_MS },
    ],
    ['soaking with a look due', state({ phase: 'soaking', nextLookAtMs: T0 }), T0, { kind: 'look' }],
    ['soaking, no look planned', state({ phase: 'soaking', nextLookAtMs: null }), T0, { kind: 'look' }],
    [
      'paused while soaking: looks and harm checks go on',
      state({ phase: 'soaking', paused: HOLD, nextLookAtMs: T0 }),
      T0,
      { kind: 'look' },
    ],
    [
      'soaking beyond the longest duration',
      state({ phase: 'soaking', nextLookAtMs: T0 }),
      T0 + 7 * 24 * HOUR_MS,
      { kind: 'runOutOfTime' },
    ],
    [
      'waits no longer than the longest duration',
      state({ phase: 'soaking', nextLookAtMs: T0 + 8 * 24 * HOUR_MS }),
      T0,
      { kind: 'wait', untilMs: T0 + 7 * 24 * HOUR_MS },
    ],
    ['promoting', state({ phase: 'promoting', revision: 9 }), T0, { kind: 'promote' }],
    ['rolling back what was written', state({ phase: 'rollingBack', revision: 1 }), T0, { kind: 'takeBack' }],
    ['rolling back when nothing was', state({ phase: 'rollingBack' }), T0, { kind: 'closeUntouched' }],
    ['ended', state({ phase: 'ended' }), T0, { kind: 'finish' }],
  ])('%s', (_situation, given, nowMs, action) => {
    expect(nextRolloutAction(given, nowMs)).toEqual(action);
  });

  it('of a step that the plan does not have is a caller mistake, named', () => {
    expect(() => nextRolloutAction(state({ stepIndex: 4 }), T0)).toThrow(/^stepIndex: 4/u);
  });
});

describe('a state carried over', () => {
  it('of this version stays as it is', () => {
    const carried = admitted();
    expect(upgradeRolloutState(carried)).toBe(carried);
  });

  it('of a newer version is refused and says why', () => {
    const newer = JSON.parse(JSON.stringify({ ...admitted(), version: 2 })) as RolloutState;
    expect(() => upgradeRolloutState(newer)).toThrow(/state\.version: 2 .* older/u);
  });
});
