/** Servers for the tests of a file, by vitest's hooks. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest';
import { createTimeSkipping, startWorkers, Temporal, type Running } from './environment.ts';

/**
 * A time-skipping server of its own for every test: it stops skipping for good once a workflow was cancelled, or has ended
 * while one of its activities ran, which is what half of these tests do.
 */
export function useTimeSkipping(): () => Temporal {
  let temporal: Temporal | undefined;
  let running: Running | undefined;
  beforeEach(async () => {
    temporal = new Temporal(await createTimeSkipping());
    running = await startWorkers(temporal, { codePath: inject('workflowBundlePath') });
  });
  afterEach(async () => {
    await running?.stop();
    await temporal?.env.teardown();
  });
  return () => started(temporal);
}

/** One server for all tests of a file, with both workers. */
export function useServer(create: () => Promise<TestWorkflowEnvironment>): () => Temporal {
  let temporal: Temporal | undefined;
  let running: Running | undefined;
  beforeAll(async () => {
    temporal = new Temporal(await create());
    running = await startWorkers(temporal, { codePath: inject('workflowBundlePath') });
  });
  afterAll(async () => {
    await running?.stop();
    await temporal?.env.teardown();
  });
  return () => started(temporal);
}

function started(temporal: Temporal | undefined): Temporal {
  if (!temporal) throw new Error('the environment of this file has not been started');
  return temporal;
}
