import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { ExperimentRow } from '../../../src/ports/experiments.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const SERVICE = 'support-bot';
const GENERATION = 7;
const arms = ['control', 'concise', 'few-shot'].map((armId) => ({
  armId,
  body: { model: armId === 'concise' ? 'model-b' : 'model-a' },
  hash: `hash-${armId}`,
}));

let postgres: TestPostgres;
let stores: Stores;

beforeAll(async () => {
  postgres = await startPostgres();
  stores = createStores((await postgres.createDatabase()).pool);
  await stores.services.put(testSettings(SERVICE));
});
afterAll(() => postgres.stop());

describe('the store of experiments', () => {
  it('keeps the configurations of the arms, control first, and refuses others under the same generation', async () => {
    await stores.experiments.recordArms(SERVICE, GENERATION, arms);
    await stores.experiments.recordArms(SERVICE, GENERATION, arms);
    expect(await stores.experiments.arms(SERVICE, GENERATION)).toEqual(arms);
    expect(await stores.experiments.arms(SERVICE, GENERATION + 1)).toEqual([]);
    const [first, ...others] = arms;
    const changed = [{ ...first, armId: 'control', body: {}, hash: 'else' }, ...others];
    await expect(stores.experiments.recordArms(SERVICE, GENERATION, changed)).rejects.toMatchObject({
      type: 'StaleGeneration',
      message: expect.stringContaining('control hash-control'),
    });
    expect(await stores.experiments.arms(SERVICE, GENERATION)).toEqual(arms);
    await expect(stores.experiments.recordArms('nobody', 1, arms)).rejects.toMatchObject({
      type: 'UnknownService',
    });
  });

  it('keeps one row per experiment, and lists the newest first', async () => {
    const row: ExperimentRow = {
      workflowId: 'experiment/support-bot',
      runId: 'run-1',
      serviceId: SERVICE,
      generation: GENERATION,
      name: 'concise',
      phase: 'running',
      outcome: null,
      winner: null,
      startedAtMs: 100,
      endedAtMs: null,
      reason: null,
      state: { looks: 1 },
    };
    const ended = {
      ...row,
      runId: 'run-2',
      phase: 'ended',
      outcome: 'adopted',
      winner: 'concise',
      endedAtMs: 300,
      reason: 'better',
      state: { looks: 2 },
    };
    const newer = { ...row, generation: GENERATION + 2, startedAtMs: 200 };
    for (const each of [row, newer, ended]) await stores.experiments.upsert(each);
    expect(await stores.experiments.list(SERVICE)).toEqual([newer, ended]);
    expect(await stores.experiments.list(SERVICE, 1)).toEqual([newer]);
    expect(await stores.experiments.list('nobody')).toEqual([]);
  });
});
