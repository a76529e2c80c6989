import { describe, expect, it } from 'vitest';
import { armOfUnit } from '../../../src/client/arm-of-unit.ts';
import { servesStableAlone, whatIsTried } from '../../../src/domain/live-change.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';

const NOW = 1_700_000_000_000;
const version = (model: string, generation: number) => ({
  configuration: { model },
  generation,
  hash: model,
});
const alone: LiveConfiguration = {
  service_id: 'support-bot',
  unit: 'user',
  generation: 4,
  revision: 1,
  stable: version('incumbent', 1),
  candidate: null,
  weight_pct: 0,
  strategy: 'IMMEDIATE',
  lease_expires_at: null,
  last_change: { kind: 'applied', at: NOW },
};
const withArms: LiveConfiguration = {
  ...alone,
  strategy: 'EXPERIMENT',
  lease_expires_at: NOW + 1_000,
  experiment: {
    id: 'prompts',
    salt: 'salt-1',
    exposed_pct: 100,
    generation: 4,
    arms: [
      { id: 'control', weight: 0, configuration: { model: 'incumbent' } },
      { id: 'concise', weight: 1, configuration: { model: 'incumbent', system_prompt: 'Be brief.' } },
    ],
    forced: { ada: 'control' },
  },
};
const withCandidate: LiveConfiguration = {
  ...alone,
  candidate: version('candidate', 3),
  weight_pct: 5,
  lease_expires_at: NOW + 1_000,
};
const asStable = {
  kind: 'served',
  arm: 'stable',
  generation: 1,
  experiment: null,
  configuration: { model: 'incumbent' },
  counted: true,
};

describe('a unit, told by what is live', () => {
  it.each<[string, LiveConfiguration, string, number, object]>([
    ['is stable with nothing tried', alone, 'user-1', NOW, asStable],
    [
      'gets its arm, under the experiment',
      withArms,
      'user-1',
      NOW,
      {
        kind: 'served',
        arm: 'concise',
        generation: 4,
        experiment: 'prompts',
        configuration: { model: 'incumbent', system_prompt: 'Be brief.' },
        counted: true,
      },
    ],
    [
      'that is a tester is not counted',
      withArms,
      'ada',
      NOW,
      { ...asStable, arm: 'control', generation: 4, experiment: 'prompts', counted: false },
    ],
    ['is stable when the lease is over, whatever was read', withArms, 'user-1', NOW + 1_000, asStable],
    ['has to ask the gateway beside a candidate', withCandidate, 'user-1', NOW, { kind: 'askGateway' }],
    ['is stable when the lease of a candidate is over', withCandidate, 'user-1', NOW + 1_000, asStable],
    ['is stable beside a shadow', { ...withCandidate, weight_pct: 0, copy_pct: 20 }, 'user-1', NOW, asStable],
  ])('%s', (_, live, unit, nowMs, wanted) => {
    expect(armOfUnit(live, unit, nowMs)).toEqual(wanted);
  });
});

describe('what is tried', () => {
  it.each<[LiveConfiguration, string | null]>([
    [alone, null],
    [{ ...alone, experiment: null }, null],
    [withCandidate, 'a candidate of generation 3 at 5 %'],
    [{ ...withCandidate, weight_pct: 0, copy_pct: 20 }, 'a candidate of generation 3 in a shadow of 20 %'],
    [withArms, 'the experiment prompts of generation 4 (control, concise) to 100 %'],
  ])('is told, and stable is alone only without any', (live, what) => {
    expect([whatIsTried(live), servesStableAlone(live)]).toEqual([what, what === null]);
  });
});
