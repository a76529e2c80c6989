/** The maintenance: every step in order, portion by portion, whatever becomes of one of them. */
import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain/failure.ts';
import { MAINTENANCE_STEPS, type MaintenanceSummary, type StepDone } from '../../src/state/maintenance.ts';
import { useTimeSkipping } from './support/hooks.ts';

const temporal = useTimeSkipping();

const start = (input: unknown = {}) => temporal().start('maintenance', 'maintenance', input);
const resultOf = async (handle: { result(): Promise<unknown> }) =>
  (await handle.result()) as MaintenanceSummary;

interface Shown {
  readonly plan: { readonly kept: Readonly<Record<string, number>> } | null;
  readonly steps: readonly StepDone[];
  readonly current: StepDone | null;
  readonly left: readonly string[];
}

describe('a run of the maintenance', () => {
  it('does every step once, in order, in at most 110 events', async () => {
    const world = temporal().service('maintenance');
    world.upkeep = () => ({ count: 3, more: false });
    const handle = await start();
    expect(await resultOf(handle)).toEqual({
      outcome: 'done',
      steps: MAINTENANCE_STEPS.map((step) => ({ step, count: 3, portions: 1 })),
    });
    expect(world.calls).toEqual(['planMaintenance', ...MAINTENANCE_STEPS]);
    expect((await temporal().eventsOf(handle.workflowId)).length).toBeLessThanOrEqual(110);
  });

  it('goes on with a step until nothing is left of it', async () => {
    const world = temporal().service('maintenance');
    let left = 3;
    world.upkeep = (step) =>
      step === 'windows' ? { count: 10, more: (left -= 1) > 0 } : { count: 0, more: false };
    const { steps } = await resultOf(await start());
    expect(steps.find(({ step }) => step === 'windows')).toEqual({ step: 'windows', count: 30, portions: 3 });
    expect(world.calls.filter((call) => call === 'windows')).toHaveLength(3);
  });

  it('goes on with each portion where the one before has stopped, and begins each step at its beginning', async () => {
    const world = temporal().service('maintenance');
    const places: unknown[] = [];
    world.upkeep = (step, from) => {
      if (from !== undefined || step === 'mergedWindows' || step === 'windows')
        places.push([step, from?.serviceId]);
      if (step !== 'mergedWindows' || from?.serviceId === 'b') return { count: 1, more: false };
      const next = { serviceId: from === undefined ? 'a' : 'b', fromMs: 3_600_000 };
      return { count: 1, more: true, next };
    };
    expect((await resultOf(await start())).outcome).toBe('done');
    expect(places).toEqual([
      ['mergedWindows', undefined],
      ['mergedWindows', 'a'],
      ['mergedWindows', 'b'],
      ['windows', undefined],
    ]);
  });

  it('leaves a step that takes for hours to the next run, and does the others', async () => {
    const world = temporal().service('maintenance');
    let calls = 0;
    // The database is away for some 25 minutes of every portion.
    world.upkeep = (step) => {
      if (step !== 'windows') return { count: 0, more: false };
      if ((calls += 1) % 52 !== 0) throw new Failure('StoreUnavailable', 'away');
      return { count: 10, more: true };
    };
    const { outcome, steps } = await resultOf(await start());
    expect(outcome).toBe('incomplete');
    expect(steps.filter(({ portions }) => portions !== 1)).toEqual([
      { step: 'windows', count: 20, portions: 2, left: 'goes on in the next run' },
    ]);
    expect(steps).toHaveLength(MAINTENANCE_STEPS.length);
  });

  it('shows how far it is, with the durations of the input in the place of the usual ones', async () => {
    const world = temporal().service('maintenance');
    const hang = world.hangAt('alerts');
    const handle = await start({ notes: '14d', by: 'ann' });
    await hang.reached;
    const shown = await temporal().ask<Shown>(handle);
    expect(shown.plan?.kept).toMatchObject({ notes: 14 * 86_400_000, raw: 7 * 86_400_000 });
    expect(shown.current).toEqual({ step: 'alerts', count: 0, portions: 0 });
    expect(shown.left.slice(0, 2)).toEqual(['alerts', 'alertDeliveries']);
    expect(shown.steps).toHaveLength(MAINTENANCE_STEPS.indexOf('alerts'));
    hang.release();
    expect((await resultOf(handle)).outcome).toBe('done');
  });

  it('gives up a step that fails all the time, says why, and does the others', async () => {
    const world = temporal().service('maintenance');
    world.failAt('rawEvents', 'StoreUnavailable', 1_000);
    const { outcome, steps } = await resultOf(await start());
    expect(outcome).toBe('incomplete');
    expect(steps.filter(({ failed }) => failed !== undefined)).toEqual([
      {
        step: 'rawEvents',
        count: 0,
        portions: 0,
        failed: expect.stringContaining('StoreUnavailable') as string,
      },
    ]);
    expect(steps).toHaveLength(MAINTENANCE_STEPS.length);
  });

  it('tries a portion again that failed once', async () => {
    const world = temporal().service('maintenance');
    world.failAt('setAside', 'StoreUnavailable', 2);
    expect((await resultOf(await start())).outcome).toBe('done');
    expect(world.calls.filter((call) => call === 'setAside')).toHaveLength(3);
  });

  it.each([
    [
      { raw: '5', days: 7 },
      'raw: "5" is given, expected a duration such as "15m" (units ms, s, m, h, d); days: 7 is given',
    ],
    [7, 'expected'],
  ])('ends at once with %j, and has touched nothing', async (input, told) => {
    const world = temporal().service('maintenance');
    const error: unknown = await (await start(input)).result().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining(told) as string,
    });
    expect(world.calls).toEqual(['planMaintenance']);
  });

  it('stops between two portions when it is cancelled', async () => {
    const world = temporal().service('maintenance');
    const hang = world.hangAt('windows');
    const handle = await start();
    await hang.reached;
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(world.calls).not.toContain('alerts');
  });
});
