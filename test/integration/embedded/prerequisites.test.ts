// The programs that other tests need: each is really there and answers.
import { expect, test } from 'vitest';
import { runCommand } from '../../../src/embedded/index.ts';
import { tctlPath, temporalPath } from '../../support/prerequisites/index.ts';
import { startTimeSkipping } from '../../support/temporal-environment.ts';

test('the temporal command that the stack runs tells its version', async () => {
  expect(await runCommand(await temporalPath(), ['--version'], { timeoutMs: 30_000 })).toMatch(
    /Server 1\.\d+/,
  );
});

test('tctl is found or built, and tells its version', async () => {
  expect(await runCommand(await tctlPath(), ['--version'], { timeoutMs: 30_000 })).toMatch(/^tctl version/);
}, 600_000);

test('the time-skipping server lets ten days pass at once', async () => {
  const environment = await startTimeSkipping();
  try {
    const beforeMs = await environment.currentTimeMs();
    await environment.sleep('10 days');
    const days = ((await environment.currentTimeMs()) - beforeMs) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(10);
    expect(days).toBeLessThan(10.1);
  } finally {
    await environment.teardown();
  }
}, 600_000);
