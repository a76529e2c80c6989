import { describe, expect, it } from 'vitest';
import type { ConfigurationWrite, ExperimentDeployment } from '../../../src/domain/orchestrator-wire.ts';
import { settle, toLiveConfiguration } from '../../../src/contract/live.ts';
import { serviceStateSchema, servesChange } from '../../../src/contract/service-state.ts';
import { applied, canaryWrite, configurationWrite, created, reduce, T0, withCandidate } from './support.ts';

const CONTROL = { model: 'incumbent' };
const LEASE_S = 900;

const experiment = (more: Partial<ExperimentDeployment> = {}): ExperimentDeployment => ({
  id: 'experiment/support-bot/prompts',
  salt: 'salt-1',
  exposed_pct: 100,
  arms: [
    { id: 'control', weight: 0.5, configuration: CONTROL },
    { id: 'concise', weight: 0.5, configuration: { ...CONTROL, system_prompt: 'Be brief.' } },
  ],
  ...more,
});

const experimentWrite = (
  more: Partial<ExperimentDeployment> = {},
  overrides: Partial<ConfigurationWrite> = {},
): ConfigurationWrite =>
  configurationWrite({
    configuration: CONTROL,
    deployment: { strategy: 'EXPERIMENT', initial_percentage: 0, experiment: experiment(more) },
    lease_seconds: LEASE_S,
    generation: 3,
    revision: 1,
    ...overrides,
  });

const update = (write: ConfigurationWrite) => ({ kind: 'update' as const, write });
const running = applied(created, update(experimentWrite()));

describe('an experiment', () => {
  it('is live with its generation and its lease, with neither candidate nor weight', () => {
    expect(toLiveConfiguration(running, T0)).toEqual({
      service_id: 'support-bot',
      unit: 'request',
      generation: 3,
      revision: 1,
      stable: created.stable,
      candidate: null,
      weight_pct: 0,
      experiment: { ...experiment(), generation: 3 },
      strategy: 'EXPERIMENT',
      lease_expires_at: T0 + LEASE_S * 1000,
      last_change: { kind: 'applied', at: T0 },
    });
    expect(servesChange(running)).toBe(true);
  });

  it('takes the place of a candidate', () => {
    const after = applied(withCandidate(25), update(experimentWrite()));
    expect([after.candidate, after.experiment?.generation]).toEqual([null, 3]);
  });

  it('is over when its lease is, as of that moment, and not a millisecond before', () => {
    const endMs = T0 + LEASE_S * 1000;
    expect(settle(running, endMs - 1)).toBe(running);
    const over = settle(running, endMs + 5_000);
    expect(servesChange(over)).toBe(false);
    expect(toLiveConfiguration(running, endMs)).toMatchObject({
      candidate: null,
      lease_expires_at: null,
      last_change: { kind: 'leaseExpired', at: endMs },
      generation: 3,
      revision: 1,
    });
    expect(toLiveConfiguration(over, endMs)).not.toHaveProperty('experiment');
  });

  it.each([
    ['a rollback', { kind: 'rollback', write: { generation: 3, revision: 2, idempotency_key: 'k' } }, false],
    ['a removal', { kind: 'remove', write: { generation: 3, revision: 2 } }, false],
    ['a new stable', update(configurationWrite({ generation: 4 })), false],
    ['a canary', update(canaryWrite(5, { generation: 4 })), true],
    [
      'a shadow',
      update(canaryWrite(0, { generation: 4, deployment: { strategy: 'SHADOW', initial_percentage: 10 } })),
      true,
    ],
  ] as const)('is ended by %s', (_, write, leavesCandidate) => {
    const after = applied(running, write);
    expect(after).not.toHaveProperty('experiment');
    expect(after.candidate !== null).toBe(leavesCandidate);
  });

  it('is given other weights under a greater revision, and renewed by the same write', () => {
    const arms = experiment().arms.map((arm, i) => ({ ...arm, weight: i === 0 ? 0.2 : 0.8 }));
    const after = applied(running, update(experimentWrite({ arms }, { revision: 2 })), T0 + 1_000);
    expect(after.experiment).toMatchObject({ arms, leaseExpiresAtMs: T0 + 1_000 + LEASE_S * 1000 });
    expect(reduce(after, update(experimentWrite({ arms }, { revision: 2 }))).kind).toBe('unchanged');
  });

  it.each([
    ['an older pair', experimentWrite({}, { generation: 2, revision: 9 })],
    ['its own pair with other weights', experimentWrite({ exposed_pct: 50 })],
    ['its own pair with another salt', experimentWrite({ salt: 'salt-2' })],
    ['its own pair with another tester', experimentWrite({ forced: { ada: 'concise' } })],
    [
      'its own pair with the arms in another order',
      experimentWrite({ arms: experiment().arms.toReversed() }),
    ],
  ])('is not touched under %s', (_, write) => {
    expect(reduce(running, update(write))).toEqual({
      kind: 'stale',
      current: { generation: 3, revision: 1 },
    });
  });

  it('is kept in the state file, and a file of before there were any is read as none', () => {
    const read = (state: object) => serviceStateSchema.parse(JSON.parse(JSON.stringify(state)));
    expect(read(running)).toEqual(running);
    expect(JSON.stringify(read(created))).not.toContain('experiment');
  });
});

describe('an experiment is refused', () => {
  const at = 'deployment.experiment';
  const [control, concise] = experiment().arms;
  if (control === undefined || concise === undefined) throw new Error('two arms');

  it.each<[string, ConfigurationWrite, readonly string[]]>([
    ['without a lease', { ...experimentWrite(), lease_seconds: undefined }, ['lease_seconds']],
    [
      'without arms',
      experimentWrite({}, { deployment: { strategy: 'EXPERIMENT', initial_percentage: 0 } }),
      [at],
    ],
    [
      'under another strategy',
      experimentWrite(
        {},
        { deployment: { strategy: 'CANARY', initial_percentage: 5, experiment: experiment() } },
      ),
      [at],
    ],
    [
      'with a weight of its own',
      experimentWrite(
        {},
        {
          deployment: { strategy: 'EXPERIMENT', initial_percentage: 5, experiment: experiment() },
        },
      ),
      ['deployment.initial_percentage'],
    ],
    [
      'with a guard of the gateway',
      experimentWrite(
        {},
        {
          deployment: {
            strategy: 'EXPERIMENT',
            initial_percentage: 0,
            experiment: experiment(),
            rollback_on_error_rate: 0.1,
          },
        },
      ),
      ['deployment.rollback_on_error_rate'],
    ],
    [
      'when the write is not what is stable',
      experimentWrite({}, { configuration: { model: 'x' } }),
      ['configuration'],
    ],
    [
      'when the control is not what is stable',
      experimentWrite({ arms: [{ ...control, configuration: { model: 'x' } }, concise] }),
      [`${at}.arms[0].configuration`],
    ],
    [
      'with weights that do not sum to 1',
      experimentWrite({ arms: [control, { ...concise, weight: 0.5 + 1e-8 }] }),
      [`${at}.arms`],
    ],
    [
      'with one id twice',
      experimentWrite({ arms: [control, { ...concise, id: 'control' }] }),
      [`${at}.arms[1].id`],
    ],
    [
      'with a tester of an arm that is not there',
      experimentWrite({ forced: { ada: 'verbose' } }),
      [`${at}.forced.ada`],
    ],
  ])('%s, and the service stays as it was', (_, write, fields) => {
    const outcome = reduce(created, update(write));
    expect(outcome.kind === 'invalid' && outcome.problems.map(({ field }) => field)).toEqual(fields);
  });

  it('by a service that does not exist', () => {
    const outcome = reduce(undefined, { kind: 'create', write: experimentWrite() });
    expect(outcome.kind).toBe('invalid');
  });

  it('never for weights that sum to 1 as floating point has it', () => {
    const third = 1 / 3;
    const arms = ['control', 'b', 'c'].map((id) => ({ id, weight: third, configuration: CONTROL }));
    expect(reduce(created, update(experimentWrite({ arms }))).kind).toBe('changed');
  });
});
