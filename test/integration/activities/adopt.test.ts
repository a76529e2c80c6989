import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/decision/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import {
  adopt,
  BEGIN_MS,
  byHand,
  CANDIDATE,
  createWorld,
  INCUMBENT,
  SERVICE,
  sha256,
  traces,
} from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

it('records what the gateway serves as generation 1, stable, and freezes the recorded quality of its model', async () => {
  const world = await createWorld(postgres, { adopted: false });
  const outcome = { taskType: 'question', costUsd: 0.01 };
  await world.stores.outcomes.replace(SERVICE, {
    [INCUMBENT]: [1, 1, 0, 1].map((quality, i) => ({ ...outcome, quality, queryId: `q${i}` })),
  });
  await adopt(world);
  expect(await world.stores.services.get(SERVICE)).toMatchObject({
    adoptedAtMs: BEGIN_MS,
    qualityReference: 0.75,
  });
  expect(await world.stores.configurations.list(SERVICE)).toEqual([
    {
      serviceId: SERVICE,
      generation: 1,
      body: { model: INCUMBENT },
      hash: sha256(canonicalJson({ model: INCUMBENT })),
      status: 'stable',
      source: 'adoption',
      appliedAtMs: BEGIN_MS,
      endedAtMs: null,
    },
  ]);
  expect(await world.stores.audit.list(SERVICE)).toMatchObject([{ actor: 'ann', action: 'adopt' }]);
});

it('a second time it replaces the settings and nothing else, whatever the gateway serves by now', async () => {
  const world = await createWorld(postgres);
  await byHand(world, 7, 1, { model: CANDIDATE });
  const before = await traces(world);
  const adopted = await world.stores.services.get(SERVICE);
  world.nowMs += 60_000;
  await adopt({ ...world, settings: { ...world.settings, mode: 'recommend' } });
  expect(await traces(world)).toEqual(before);
  expect(await world.stores.services.get(SERVICE)).toEqual({
    ...adopted,
    settings: { ...world.settings, mode: 'recommend' },
  });
});

it('is refused while a candidate is served, and leaves nothing', async () => {
  const world = await createWorld(postgres, { adopted: false });
  await byHand(world, 2, 1, { model: CANDIDATE, weightPct: 10 });
  const before = await traces(world);
  await expect(adopt(world)).rejects.toMatchObject({
    type: 'ChangeInFlight',
    message: expect.stringMatching(/a candidate of generation 2 at 10 %; take it away/u),
  });
  expect(await traces(world)).toEqual(before);
  expect(await world.stores.services.get(SERVICE)).toBeNull();
});
