import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { createWorld, INCUMBENT, SERVICE } from '../activities/world.ts';
import { temporaryFolder } from '../gateway/support.ts';
import { DATABASE, openTerminal } from './terminal.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

it('adopts a service from its file, replaces its settings the second time, lists and shows it', async () => {
  const world = await createWorld(postgres, { adopted: false });
  const terminal = openTerminal(world.ports);
  expect((await terminal.type('service', 'list', ...DATABASE)).out).toMatch(/^No service yet/u);

  const file = join(await temporaryFolder(), 'support-bot.yaml');
  const yaml = (mode: string) =>
    `serviceId: ${SERVICE}\nmode: ${mode}\norchestrator: { url: "${world.url}" }\n`;
  await writeFile(file, yaml('recommend'));
  const adopt = () => terminal.json('service', 'adopt', file, ...DATABASE, '--by', 'ann');
  expect(await adopt()).toMatchObject({ exit: 0, json: { serviceId: SERVICE, adopted: true } });
  expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({ body: { model: INCUMBENT } });
  await writeFile(file, yaml('auto'));
  expect(await adopt()).toMatchObject({ exit: 0, json: { adopted: false } });
  expect(await world.stores.services.get(SERVICE)).toMatchObject({ settings: { mode: 'auto' } });
  expect((await world.stores.audit.list(SERVICE)).map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'ann adopt',
  ]);

  const { out } = await terminal.type('service', 'list', ...DATABASE);
  expect(out).toMatch(new RegExp(`${SERVICE} +│ auto +│ rest ${world.url}`, 'u'));
  const shown = await terminal.type('service', 'show', SERVICE, ...DATABASE);
  expect(shown.out).toMatch(
    /mode: auto[^]*maxDropPct: 5[^]*Held by: nobody[^]*1 +│ stable +│ gpt-4o-2024-05-13 +│ adoption/u,
  );
});

it('refuses a file with every problem by field, and a service that is not known', async () => {
  const world = await createWorld(postgres);
  const terminal = openTerminal(world.ports);
  const file = join(await temporaryFolder(), 'wrong.yaml');
  await writeFile(file, 'serviceId: Support Bot\nmode: on\n');
  const wrong = await terminal.type('service', 'adopt', file, ...DATABASE, '--by', 'ann');
  expect(wrong).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/^service file (?=.*serviceId)(?=.*mode)(?=.*orchestrator)/u) as string,
  });
  const unknown = await terminal.type('service', 'show', 'sales-bot', ...DATABASE);
  expect(unknown).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/expected one of: support-bot/u) as string,
  });
});

it('pauses the fleet, says who did it, and resumes it', async () => {
  const world = await createWorld(postgres);
  const terminal = openTerminal(world.ports);
  const fleet = (...line: readonly string[]) => terminal.type('fleet', ...line, ...DATABASE);
  expect(await fleet('state')).toMatchObject({ exit: 0, out: 'Not paused.\n' });
  expect(await fleet('pause', '--by', 'ann', '--reason', 'incident')).toMatchObject({ exit: 0 });
  expect(await world.stores.fleet.paused()).toEqual({ by: 'ann', reason: 'incident', atMs: world.nowMs });
  expect((await fleet('state')).out).toMatch(/^Paused by ann since 2026-.*: incident\n$/u);
  expect(await fleet('resume', '--by', 'bob')).toMatchObject({ exit: 0 });
  expect(await world.stores.fleet.paused()).toBeNull();
  const acts = (await world.stores.audit.list('*')).map(({ actor, action }) => `${actor} ${action}`);
  expect(acts).toEqual(['bob fleetResumed', 'ann fleetPaused']);
});
