import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../../src/embedded/poll.ts';
import type { Gateway } from '../../../src/gateway/index.ts';
import { createPorts, driverFor } from '../../../workers/ports.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { temporaryFolder, useServers } from '../../support/servers.ts';
import {
  adoptWithLabels,
  bundleIn,
  CANDIDATE,
  INCUMBENT,
  liveAt,
  liveWhen,
  runCommand,
  SERVICE,
  startTestGateway,
  startWorker,
  type RunningWorker,
} from './optimizer.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const servers = useServers();
const folder = temporaryFolder();
let gateway: Gateway;
let worker: RunningWorker;
let pool: Pool;
let terminal: Terminal;
let where: readonly string[];

beforeAll(async () => {
  const { address, namespace } = servers.temporal;
  gateway = await startTestGateway(join(folder, 'gateway'));
  worker = await startWorker(
    { address, namespace, databaseUrl: servers.databaseUrl },
    await bundleIn(folder),
  );
  await adoptWithLabels(worker, gateway);
  pool = new Pool({ connectionString: servers.databaseUrl, max: 2 });
  const client = new Client({ connection: Connection.lazy({ address }), namespace });
  terminal = openTerminal(createPorts(pool, client, driverFor()), { taskQueue: TASK_QUEUE });
  where = ['--address', address, '--namespace', namespace];
});
afterAll(async () => {
  await worker?.stop();
  await pool?.end();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ANN = ['--by', 'ann', '--reason', 'because'] as const;
const rollout = (command: string, ...more: readonly string[]) =>
  terminal.json('rollout', command, SERVICE, ...where, ...more);

/** The `state` command's answer once it is as wanted. */
async function stateWhen(wanted: (state: Record<string, unknown>) => boolean) {
  let last: Record<string, unknown> = {};
  const seen = await poll(
    async () => {
      last = (await rollout('state')).json;
      return wanted(last) ? last : undefined;
    },
    { timeoutMs: 100_000 },
  );
  if (!seen) throw new Error(`not as wanted: ${JSON.stringify(last)}`);
  return seen;
}

describe('a rollout from its start to its end', () => {
  it('is started once, shown, paused, resumed and taken back, each message answered', async () => {
    const change = ['--model', CANDIDATE, '--steps', '50,100'];
    const started = await rollout('start', ...change, ...ANN);
    expect(started).toMatchObject({ exit: 0, json: { workflowId: `rollout/${SERVICE}` } });
    await liveWhen(gateway, ({ weight_pct }) => weight_pct === 50);
    const again = await terminal.type('rollout', 'start', SERVICE, ...where, ...change, ...ANN);
    expect(again).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^rollout\/support-bot runs already/u) as string,
    });

    const shown = await terminal.type('rollout', 'state', SERVICE, ...where);
    expect(shown).toMatchObject({
      exit: 0,
      out: expect.stringMatching(
        new RegExp(
          `^model ${INCUMBENT} -> ${CANDIDATE}, started by ann: (applying|soaking)\nPlan: 50 % > 100 %`,
          'u',
        ),
      ) as string,
    });
    expect(await rollout('pause', ...ANN)).toMatchObject({ exit: 0, json: { accepted: true } });
    expect(await stateWhen(({ paused }) => paused !== null)).toMatchObject({
      paused: { by: 'ann', reason: 'because' },
    });
    expect(await rollout('resume', '--by', 'ann')).toMatchObject({ exit: 0, json: { accepted: true } });
    const approved = await rollout('approve', '--by', 'ann', '--evidence', 'old');
    expect(approved).toMatchObject({ exit: 1, json: { accepted: false } });
    expect(await terminal.type('rollout', 'approve', SERVICE, ...where, '--by', 'ann')).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/^not accepted: /u) as string,
    });
    const other = ['--model', CANDIDATE, '--steps', '25,100', '--supersede'];
    expect(await rollout('start', ...other, '--by', 'bob', '--reason', 'smaller steps')).toMatchObject({
      exit: 0,
      json: { replaced: true, accepted: true },
    });
    await liveWhen(gateway, ({ weight_pct }) => weight_pct === 25);
    expect(await stateWhen(({ startedBy }) => startedBy === 'bob')).toMatchObject({
      input: { steps: [25, 100], by: 'bob', reason: 'smaller steps' },
    });
    expect(await rollout('rollback', ...ANN)).toMatchObject({ exit: 0, json: { accepted: true } });
    expect(await liveWhen(gateway, ({ candidate }) => candidate === null)).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
    });
    await stateWhen(({ outcome }) => outcome === 'rolledBack');
    await worker.client.workflow.getHandle(`rollout/${SERVICE}`).result();
    expect(await terminal.type('rollout', 'pause', SERVICE, ...where, ...ANN)).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/rollout\/support-bot does not run$/mu) as string,
    });
    expect(await terminal.type('rollout', 'rollback', SERVICE, ...where, ...ANN)).toMatchObject({
      exit: 1,
      err: expect.stringMatching(
        /rollout\/support-bot does not run; rollback support-bot restores what was served before/u,
      ) as string,
    });
  });

  it('is not started with an input that cannot be: every problem by field', async () => {
    const { exit, err } = await terminal.type(
      'rollout',
      'start',
      SERVICE,
      ...where,
      ...ANN,
      '--temperature',
      '3',
      '--steps',
      '25,5,100',
    );
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringMatching(
        /change\.temperature: 3 .*steps\[1\]: 5 is given, expected more than 25/u,
      ) as string,
    });
  });

  it('that admission refuses says so in its state', async () => {
    expect(await rollout('start', '--model', 'no-such-model', ...ANN)).toMatchObject({ exit: 0 });
    const refused = await stateWhen(({ phase }) => phase === 'refused');
    expect(refused).toMatchObject({
      refusal: expect.stringMatching(/change\.model: "no-such-model"/u) as string,
    });
    const { out } = await terminal.type('rollout', 'state', SERVICE, ...where);
    expect(out).toMatch(/^refused: .*change\.model/u);
  });
});

describe('rollback', () => {
  it('restores while a candidate is served, and waits for it', async () => {
    await rollout('start', '--model', CANDIDATE, '--steps', '50,100', ...ANN);
    await liveWhen(gateway, ({ weight_pct }) => weight_pct === 50);
    const { exit, json } = await terminal.json('rollback', SERVICE, ...where, ...ANN);
    expect({ exit, json }).toMatchObject({
      exit: 0,
      json: { workflowId: `restore/${SERVICE}`, restoredFrom: 1 },
    });
    expect(await liveAt(gateway)).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
      generation: json['generation'],
    });
  });

  it('tells why it was refused', async () => {
    const { exit, err } = await terminal.type('rollback', 'sales-bot', ...where, ...ANN);
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringMatching(/"sales-bot" is given, expected one of: support-bot/u) as string,
    });
    const unknown = await terminal.type('rollback', SERVICE, ...where, ...ANN, '--to', '99');
    expect(unknown).toMatchObject({ exit: 1, err: expect.stringMatching(/^to: 99 is given/u) as string });
  });

  it('names the break-glass when nobody works for Temporal', async () => {
    const idle = openTerminal(createPorts(pool, worker.client, driverFor()), { taskQueue: 'nobody' });
    const { exit, err } = await idle.type('rollback', SERVICE, ...where, ...ANN, '--timeout', '2s');
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringMatching(/no answer within 2 s: are its workers running\?.*--direct/u) as string,
    });
    await worker.client.workflow.getHandle(`restore/${SERVICE}`).terminate('the test ends it');
  });

  it('as a process, when Temporal is away: one line with the break-glass, exit code 1', async () => {
    const line = ['rollback', SERVICE, '--address', '127.0.0.1:1', ...ANN, '--timeout', '3s'];
    const { exit, out, err } = await runCommand(line);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toMatch(/^Temporal at 127\.0\.0\.1:1.*--direct needs the gateway alone\n$/u);
  });
});
