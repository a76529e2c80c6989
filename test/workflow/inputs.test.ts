/** Workflows started with something wrong: they end at once, with every problem, and nothing has changed anywhere. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createTimeSkipping } from './support/environment.ts';
import { useServer } from './support/hooks.ts';

const temporal = useServer(createTimeSkipping);

const failureOf = async (handle: { result(): Promise<unknown> }): Promise<ApplicationFailure> => {
  const error: unknown = await handle.result().catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const cause = (error as WorkflowFailedError).cause;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
};

describe('a rollout with a wrong input', () => {
  it('ends as InvalidInput with every problem by field, and has written nothing', async () => {
    const world = temporal().service('wrong-input');
    const failure = await failureOf(
      await temporal().start('canaryRollout', 'rollout/wrong-input', {
        serviceId: 'wrong-input',
        change: { model: 'm', temperature: 9 },
        steps: [50, -5, 100],
        soak: 'long',
        typo: true,
      }),
    );
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    const [problems] = failure.details ?? [];
    expect((problems as { field: string }[]).map(({ field }) => field)).toEqual(
      expect.arrayContaining(['change.temperature', 'steps[1]', 'soak', 'typo']),
    );
    expect(failure.message).toContain('soak: "long" is given, expected a duration');
    expect([world.gateway.writes, world.calls]).toEqual([[], []]);
  });

  it.each([
    ['nothing', []],
    ['null', [null]],
    ['text', ['support-bot']],
    ['an empty object', [{}]],
  ])('%s is refused at once', async (what, args) => {
    const failure = await failureOf(
      await temporal().start('canaryRollout', `rollout/wrong ${what}`, ...(args as readonly unknown[])),
    );
    expect(failure.type).toBe('InvalidInput');
  });

  it('that is no JSON is told so', async () => {
    const { client, env } = temporal();
    const workflowId = 'rollout/no-json';
    await client.workflowService.startWorkflowExecution({
      namespace: env.namespace ?? 'default',
      requestId: 'no-json',
      workflowId,
      workflowType: { name: 'canaryRollout' },
      taskQueue: { name: 'llm-optimizer' },
      input: {
        payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"serviceId":') }],
      },
    });
    const failure = await failureOf(client.workflow.getHandle(workflowId));
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toContain('expected well-formed JSON');
  });

  it('that the world refuses ends with the type of the refusal', async () => {
    const world = temporal().service('in-flight');
    world.failAt('admitRollout', 'ChangeInFlight');
    expect(await failureOf(await temporal().rollout(world))).toMatchObject({ type: 'ChangeInFlight' });
    expect(world.calls).toEqual(['admitRollout']);
  });

  it('that cannot be checked yet waits for the database', async () => {
    const world = temporal().service('store-away');
    world.plan = { approval: 'beforeStart' };
    world.failAt('admitRollout', 'StoreUnavailable', 5);
    const handle = await temporal().rollout(world);
    await temporal().until(handle, ({ phase }) => phase === 'awaitingApproval');
    expect(world.calls).toHaveLength(6);
    await handle.terminate();
  });
});

describe('the other workflows with a wrong input', () => {
  it.each([
    ['optimizationCycle', {}, 'serviceId: is missing'],
    ['optimizationCycle', { serviceId: 'x', trigger: 'boredom' }, 'trigger: "boredom" is given'],
    ['restoreConfiguration', { serviceId: 'x', to: 'yesterday' }, 'to: "yesterday" is given'],
  ])('%s %j', async (type, input, told) => {
    const failure = await failureOf(await temporal().start(type, `${type}/${told}`, input));
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toContain(told);
  });

  it('a type that does not exist ends at once and lists those that do', async () => {
    const failure = await failureOf(await temporal().start('canaryRolout', 'rollout/mistyped', {}));
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toBe(
      'workflow type: "canaryRolout" is given, expected one of optimizationCycle, canaryRollout, abExperiment, restoreConfiguration, promotionWatch, fleetSweep, maintenance',
    );
  });
});
