import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  chooseFromFile,
  configurationFileSchema,
  createFileOrchestrator,
} from '../../../src/adapters/file-orchestrator/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';

const stable = { model: 'gpt-4o', temperature: '0.2' };
const candidate = { model: 'claude-3-5-haiku' };
const write = (generation: number, revision: number) => ({
  serviceId: 'bot',
  generation,
  revision,
  idempotencyKey: `rollout/bot/${generation}/${revision}`,
});

/** Longer than any pause of a busy machine. */
const LOCK_TIMEOUT_MS = 60_000;

let folder: string;
let path: string;
let orchestrator: Orchestrator;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-orchestrator-'));
  path = join(folder, 'bot.json');
  await put({ stable, candidate: null, weight_pct: 0, lease_expires_at: null });
  orchestrator = createFileOrchestrator({ url: pathToFileURL(folder).href, lockTimeoutMs: LOCK_TIMEOUT_MS });
});
afterEach(() => rm(folder, { recursive: true }));

const put = (served: object): Promise<void> =>
  writeFile(path, JSON.stringify({ format: 1, service_id: 'bot', unit: 'user', salt: 'salt', ...served }));
const content = async () => configurationFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
/** Changes the file as a person with an editor would. */
const edit = async (changes: object): Promise<void> =>
  writeFile(path, JSON.stringify({ ...(await content()), ...changes }));
const tried = () =>
  orchestrator.setCandidate({ ...write(2, 1), configuration: candidate, weightPct: 5, leaseMs: 60_000 });

describe('a file that somebody changed by hand', () => {
  it.each([
    ['the stable configuration', { stable: { model: 'by-hand' } }],
    ['the candidate', { candidate: { model: 'by-hand' } }],
    ['the weight', { weight_pct: 80 }],
  ])('%s: no write goes over it, and the failure names it', async (what, changes) => {
    await tried();
    await edit(changes);
    const before = await content();
    const next = orchestrator.setCandidate({
      ...write(2, 2),
      configuration: candidate,
      weightPct: 25,
      leaseMs: 60_000,
    });
    await expect(next).rejects.toMatchObject({
      type: 'StaleGeneration',
      message: expect.stringContaining(what),
    });
    await expect(orchestrator.setStable({ ...write(3, 1), configuration: candidate })).rejects.toThrow(
      /by hand/u,
    );
    expect(await content()).toEqual(before);
  });

  it('a rollback takes our candidate away and leaves the stable configuration as it was found', async () => {
    await tried();
    await edit({ stable: { model: 'by-hand' }, weight_pct: 70 });
    const back = orchestrator.removeCandidate({ ...write(2, 2), reason: 'harm' });
    await expect(back).rejects.toMatchObject({
      type: 'StaleGeneration',
      message: expect.stringContaining('our candidate was taken away'),
    });
    expect(await content()).toMatchObject({ stable: { model: 'by-hand' }, candidate: null, weight_pct: 0 });
  });

  it('a rollback does not touch a candidate that is not ours', async () => {
    await tried();
    await edit({ candidate: { model: 'by-hand' } });
    await expect(orchestrator.removeCandidate({ ...write(2, 2), reason: 'harm' })).rejects.toThrow(
      /nothing was written/u,
    );
    expect(await content()).toMatchObject({ candidate: { model: 'by-hand' }, weight_pct: 5 });
  });

  it('a read says what is served, not what we wrote', async () => {
    await tried();
    await edit({ stable: { model: 'by-hand' }, weight_pct: 70 });
    expect(await orchestrator.read('bot')).toMatchObject({
      generation: 2,
      stable: { configuration: { model: 'by-hand' }, generation: 0 },
      candidate: { configuration: candidate, generation: 2 },
      weight_pct: 70,
    });
  });

  it('the arms of an experiment: no write goes over them, and a rollback takes ours away', async () => {
    const arms = ['control', 'other'].map((id) => ({ id, weight: 0.5, configuration: stable }));
    const experiment = { id: 'experiment/bot', salt: 'salt-1', exposed_pct: 100, arms };
    const set = (revision: number) =>
      orchestrator.setExperiment?.({ ...write(2, revision), experiment, leaseMs: 60_000 });
    await set(1);
    await edit({ experiment: { ...experiment, generation: 2, exposed_pct: 10 } });
    expect(await orchestrator.read('bot')).toMatchObject({ experiment: { generation: 0, exposed_pct: 10 } });
    await expect(set(2)).rejects.toMatchObject({
      type: 'StaleGeneration',
      message: expect.stringContaining('the experiment was changed by hand'),
    });
    await expect(orchestrator.removeCandidate({ ...write(2, 2), reason: 'harm' })).rejects.toThrow(
      /our experiment was taken away/u,
    );
    expect(await content()).not.toHaveProperty('experiment');
    expect(await content()).toMatchObject({ stable, candidate: null, lease_expires_at: null });
  });

  it('one that is no configuration any more is refused by name, and stays as it is', async () => {
    await writeFile(path, '{"format": 1, "service_id": "bot"');
    await expect(orchestrator.read('bot')).rejects.toMatchObject({
      type: 'OrchestratorRejected',
      message: expect.stringContaining('bot.json'),
    });
    await expect(tried()).rejects.toMatchObject({ type: 'OrchestratorRejected' });
    expect(await readFile(path, 'utf8')).toBe('{"format": 1, "service_id": "bot"');
  });
});

it('a file that was there before keeps its unit and its salt, so nobody changes arms', async () => {
  await tried();
  expect(await content()).toMatchObject({ unit: 'user', salt: 'salt' });
});

it('a reader ends the candidate by its own clock when the lease has run out', async () => {
  await orchestrator.setCandidate({
    ...write(2, 1),
    configuration: candidate,
    weightPct: 100,
    leaseMs: 60_000,
  });
  const file = await content();
  const endMs = file.lease_expires_at ?? 0;
  expect(chooseFromFile(file, 'user-1', endMs - 1)).toEqual(candidate);
  expect(chooseFromFile(file, 'user-1', endMs)).toEqual(stable);
});

it('readers choose as the reference gateway does', () => {
  const file = configurationFileSchema.parse({
    format: 1,
    service_id: 'support-bot',
    unit: 'request',
    salt: 'salt',
    stable,
    candidate,
    weight_pct: 29.18,
    lease_expires_at: null,
  });
  expect(chooseFromFile(file, 'request-2', 0)).toEqual(candidate);
  expect(chooseFromFile({ ...file, weight_pct: 29.17 }, 'request-2', 0)).toEqual(stable);
});

it('of two writers with one pair and different content one wins, and the other is told', async () => {
  const other = createFileOrchestrator({ url: pathToFileURL(folder).href, lockTimeoutMs: LOCK_TIMEOUT_MS });
  const set = (by: Orchestrator, weightPct: number) =>
    by.setCandidate({ ...write(2, 1), configuration: candidate, weightPct, leaseMs: 60_000 });
  const results = await Promise.allSettled([set(orchestrator, 5), set(other, 50)]);
  const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.weight_pct] : []));
  const lost = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { type: string }).type] : [],
  );
  expect(lost).toEqual(['StaleGeneration']);
  expect(won).toEqual([(await content()).weight_pct]);
});

it('kill -9 in the middle of writes leaves a whole file and a lock that the next writer gets', async () => {
  const child = fork(new URL('./file-writer.ts', import.meta.url), [pathToFileURL(folder).href], {
    execArgv: ['--import', 'tsx'],
  });
  const exit = once(child, 'exit');
  await once(child, 'message');
  await expect
    .poll(async () => (await content()).optimizer?.revision ?? 0, { timeout: 60_000 })
    .toBeGreaterThan(20);
  child.kill('SIGKILL');
  await exit;
  const { generation, revision } = await orchestrator.read('bot');
  expect(generation).toBe(2);
  const next = orchestrator.removeCandidate({ ...write(2, revision + 1), reason: 'enough' });
  expect(await next).toMatchObject({ candidate: null, revision: revision + 1 });
});
