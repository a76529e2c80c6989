/** An activity that takes long tells Temporal that it still runs, and stops telling when it has ended. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withCompensationFailures, withFailures } from '../../../activities/failures.ts';
import {
  compensateOptions,
  leaveBackupOptions,
  mutateOptions,
  restoreOptions,
} from '../../../workflows/activity-options.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

it.each([
  ['an activity', withFailures],
  ['a compensation', (run: () => Promise<string>) => withCompensationFailures(run, ['StaleGeneration'])],
])('%s beats three times within the shortest heartbeat timeout', async (_which, wrap) => {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  let end: (answer: string) => void = () => undefined;
  const answered = environment.run(wrap(() => new Promise<string>((resolve) => (end = resolve))));
  vi.advanceTimersByTime(15_000);
  expect(beats).toBe(3);
  end('written');
  expect(await answered).toBe('written');
  vi.advanceTimersByTime(60_000);
  expect(beats).toBe(3);
});

it('outside of a worker it only runs', async () => {
  expect(await withFailures(() => Promise.resolve(7))()).toBe(7);
});

it.each(Object.entries({ mutateOptions, compensateOptions, leaveBackupOptions, restoreOptions }))(
  '%s find out within 15 s that a worker was killed',
  (_name, { heartbeatTimeout }) => {
    expect(heartbeatTimeout).toBe('15s');
  },
);
