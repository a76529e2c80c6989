import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { directRollback } from '../../../src/cli/commands/direct-rollback.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { serveArms } from '../activities/arms-by-hand.ts';
import { Driver } from '../activities/rollout-driver.ts';
import {
  byHand,
  CANDIDATE,
  createWorld,
  INCUMBENT,
  SERVICE,
  traces,
  type World,
} from '../activities/world.ts';
import { temporaryFolder } from '../gateway/support.ts';
import { file } from '../orchestrators/file.ts';
import { referenceGateway } from '../orchestrators/reference-gateway.ts';
import { DATABASE, openTerminal, PATIENT } from './terminal.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const DIRECT = ['rollback', SERVICE, '--direct', '--by', 'oncall', '--reason', 'complaints'] as const;

/** A rollout with its candidate at 50 %. */
async function atHalf(): Promise<{ world: World; rollout: Driver }> {
  const world = await createWorld(postgres);
  const rollout = await Driver.admitted(world, { steps: [50, 100] });
  await rollout.setWeight(50);
  expect(await world.live()).toMatchObject({
    candidate: { configuration: { model: CANDIDATE } },
    weight_pct: 50,
  });
  return { world, rollout };
}

const STABLE_ALONE = { stable: { configuration: { model: INCUMBENT } }, candidate: null, weight_pct: 0 };

describe('with the database', () => {
  it('finds the gateway in the row of the service, takes the candidate away, reads back and audits', async () => {
    const { world } = await atHalf();
    const { exit, json } = await openTerminal(world.ports, PATIENT).json(...DIRECT, ...DATABASE);
    expect(exit).toBe(0);
    expect(json).toMatchObject({
      before: { candidate: { generation: 2 }, weight_pct: 50, generation: 2, revision: 1 },
      after: { ...STABLE_ALONE, generation: 3, revision: 1_000 },
      audit: { written: true },
    });
    expect(await world.live()).toEqual(json['after']);
    const [entry] = await world.stores.audit.list(SERVICE);
    expect(entry).toMatchObject({
      actor: 'oncall',
      action: 'directRollback',
      detail: { reason: 'complaints', before: { candidateGeneration: 2, weightPct: 50 } },
    });
    expect(await world.stores.configurations.get(SERVICE, 2)).toMatchObject({ status: 'rolledBack' });
    expect(await world.stores.configurations.stable(SERVICE)).toMatchObject({ generation: 1 });
  });

  it('takes the arms of an experiment away as well, and audits what it was', async () => {
    const world = await createWorld(postgres);
    await serveArms(world, 2, { recorded: true });
    const { exit, json } = await openTerminal(world.ports, PATIENT).json(...DIRECT, ...DATABASE);
    expect(exit).toBe(0);
    expect(json).toMatchObject({
      before: { experiment: { generation: 2 } },
      after: { ...STABLE_ALONE, generation: 3, revision: 1_000 },
    });
    const { experiment = null } = await world.live();
    expect(experiment).toBeNull();
    const [entry] = await world.stores.audit.list(SERVICE);
    expect(entry).toMatchObject({
      detail: { before: { experimentGeneration: 2, candidateGeneration: null } },
    });
  });

  it('goes beyond the generation of a rollout that was admitted later and has written nothing yet', async () => {
    const { world, rollout } = await atHalf();
    for (const runId of ['run-2', 'run-3']) {
      const holder = { ...rollout.holder, runId };
      await world.stores.leases.acquire({
        serviceId: SERVICE,
        holder,
        gatewayGeneration: 2,
        nowMs: world.nowMs,
      });
    }
    const { json } = await openTerminal(world.ports, PATIENT).json(...DIRECT, ...DATABASE);
    expect(json).toMatchObject({ fence: { generation: 5, revision: 1_000 } });
  });

  it('the next rollout is admitted above the jump', async () => {
    const { world, rollout } = await atHalf();
    await openTerminal(world.ports, PATIENT).type(...DIRECT, ...DATABASE);
    await world.stores.leases.release(SERVICE, rollout.holder);
    const next = await Driver.admitted(world, { steps: [50, 100] }).catch((error: unknown) => error);
    expect(next).toBeInstanceOf(Driver);
    expect((next as Driver).generation).toBe(4);
    await (next as Driver).setWeight(50);
    expect(await world.live()).toMatchObject({ generation: 4, weight_pct: 50 });
  });
});

describe('the workflow comes back', () => {
  it.each<[string, (rollout: Driver) => Promise<unknown>]>([
    ['with its next weight', (rollout) => rollout.setWeight(100)],
    ['with a look', (rollout) => rollout.look()],
    ['with a promotion', (rollout) => rollout.world.activities.promoteCandidate(rollout.nextWrite())],
    [
      'with its compensation',
      (rollout) => rollout.world.activities.takeBackCandidate(rollout.takeBackWrite()),
    ],
    [
      'after 5,000 writes that never arrived',
      (rollout) => {
        for (let i = 0; i < 5_000; i += 1)
          rollout.happened({ kind: 'writeStarted', atMs: rollout.world.nowMs });
        return rollout.setWeight(100);
      },
    ],
    [
      'after its lease ran out, to apply its step again',
      async (rollout) => {
        rollout.world.nowMs += 3_600_000;
        return rollout.setWeight(50);
      },
    ],
  ])('%s: refused as stale, and the gateway is as the rollback left it', async (_what, comeBack) => {
    const { world, rollout } = await atHalf();
    await openTerminal(world.ports).type(...DIRECT, '--gateway', world.url);
    const left = await world.live();
    await expect(comeBack(rollout)).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect(await world.live()).toEqual(left);
  });

  it('a rollout that was admitted under the next generation cannot bring its candidate either', async () => {
    const world = await createWorld(postgres);
    const rollout = await Driver.admitted(world, { steps: [50, 100] });
    const { exit, out } = await openTerminal(world.ports).type(...DIRECT, '--gateway', world.url);
    expect({ exit, out }).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/No candidate was served/u) as string,
    });
    expect(await world.live()).toMatchObject({ ...STABLE_ALONE, generation: 2, revision: 1_000 });
    await expect(rollout.setWeight(50)).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect(await world.live()).toMatchObject(STABLE_ALONE);
  });
});

describe('without the database', () => {
  it('prints the line to keep; its import audits once, whatever is typed twice', async () => {
    const { world } = await atHalf();
    const terminal = openTerminal(world.ports);
    const before = await traces(world);
    const { exit, out } = await terminal.type(...DIRECT, '--gateway', world.url);
    expect(exit).toBe(0);
    expect(out).toMatch(
      /Before: .*beside it gpt-4o-2024-08-06 at 50 %.*\nAfter: +gpt-4o-2024-05-13, no candidate/u,
    );
    expect(out).toMatch(/Not audited yet \(no database was named\)/u);
    expect(await traces(world)).toMatchObject({ audit: (before as { audit: unknown }).audit });

    const kept = join(await temporaryFolder(), 'kept.jsonl');
    const line = out.split('\n').find((each) => each.startsWith('{')) ?? '';
    await writeFile(kept, `${line}\n\n`);
    for (let i = 0; i < 2; i += 1) {
      expect(await terminal.json('audit', 'import', kept, ...DATABASE)).toMatchObject({ exit: 0 });
    }
    const entries = (await world.stores.audit.list(SERVICE)).filter(
      ({ action }) => action === 'directRollback',
    );
    expect(entries).toEqual([JSON.parse(line)]);
    expect(await world.stores.configurations.get(SERVICE, 2)).toMatchObject({ status: 'rolledBack' });
  });

  it.each([
    ['finds it gone: taken back', 'rolledBack', async () => undefined],
    [
      'finds another configuration by then, and is told by the import',
      'superseded',
      async (world: World) => byHand(world, 9, 1, { model: 'gpt-4o-mini-2024-07-18' }),
    ],
  ])('its rollout comes back and %s; it counts as rolled back', async (_how, left, meanwhile) => {
    const { world, rollout } = await atHalf();
    const terminal = openTerminal(world.ports);
    const { out } = await terminal.type(...DIRECT, '--gateway', world.url);
    await meanwhile(world);
    await expect(rollout.look()).rejects.toMatchObject({ type: 'StaleGeneration' });
    rollout.happened({ kind: 'superseded', atMs: world.nowMs, why: 'generation 3 is live' });
    await world.activities.finishRollout({ state: rollout.state, holder: rollout.holder });
    const status = async () => (await world.stores.configurations.get(SERVICE, 2))?.status;
    expect(await status()).toBe(left);
    const kept = join(await temporaryFolder(), 'kept.jsonl');
    await writeFile(kept, out.split('\n').find((each) => each.startsWith('{')) ?? '');
    expect(await terminal.json('audit', 'import', kept, ...DATABASE)).toMatchObject({ exit: 0 });
    expect(await status()).toBe('rolledBack');
  });

  it('named, but away: as good as none', async () => {
    const { world } = await atHalf();
    await world.stopDatabase();
    const { exit, json } = await openTerminal(world.ports).json(
      ...DIRECT,
      ...DATABASE,
      '--gateway',
      world.url,
    );
    expect({ exit, json }).toMatchObject({ exit: 0, json: { audit: { written: false } } });
    expect(await world.live()).toMatchObject(STABLE_ALONE);
  });

  it('named, but it never answers: not waited for', async () => {
    const { world } = await atHalf();
    const never = () => new Promise<never>(() => undefined);
    const services = { ...world.stores.services, get: never };
    const audit = { ...world.stores.audit, append: never };
    const terminal = openTerminal({ ...world.ports, services, audit }, { delay: () => Promise.resolve() });
    const { exit, json } = await terminal.json(...DIRECT, ...DATABASE, '--gateway', world.url);
    expect({ exit, json }).toMatchObject({ exit: 0, json: { audit: { written: false } } });
  });

  it('neither a gateway nor a database: says which option is missing, and why', async () => {
    const { world } = await atHalf();
    const { exit, err } = await openTerminal(world.ports).type(...DIRECT);
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringMatching(
        /^--gateway: is missing, expected the gateway's address.*no database was named/u,
      ) as string,
    });
  });

  it.each([
    [
      'of another driver',
      ['--gateway', 'http://127.0.0.1:1', '--driver', 'grpc'],
      /url: "http.*expected grpc:\/\//u,
    ],
    ['that is none', ['--gateway', 'gateway'], /url: "gateway".*expected an http or https URL/u],
  ])('an address %s is told by what is expected', async (_what, options, said) => {
    const { world } = await atHalf();
    const { exit, err } = await openTerminal(world.ports).type(...DIRECT, ...options);
    expect({ exit, err }).toEqual({ exit: 1, err: expect.stringMatching(said) as string });
  });

  it.each([
    ['a line that is no JSON', 'no json', /line 1: .*well-formed JSON/u],
    ['a line of another action', '{"action":"promoted"}', /line 1: .*action/u],
    ['an empty file', '\n', /empty/u],
  ])('does not import %s', async (_what, content, said) => {
    const { world } = await atHalf();
    const kept = join(await temporaryFolder(), 'kept.jsonl');
    await writeFile(kept, content);
    const { exit, err } = await openTerminal(world.ports).type('audit', 'import', kept, ...DATABASE);
    expect({ exit, err }).toEqual({ exit: 1, err: expect.stringMatching(said) as string });
  });
});

describe.each([...referenceGateway, file])('over the $name driver', ({ start }) => {
  const request = {
    serviceId: SERVICE,
    by: 'oncall',
    reason: 'why',
    leaseGeneration: null,
    timeoutMs: 60_000,
  };
  let pauses: number;
  const clock = { nowMs: () => pauses * 1_000, delay: async () => void (pauses += 1) };
  let served: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    pauses = 0;
    served = await start();
    await served.createService(SERVICE, { model: 'a' });
    await served.orchestrator.setCandidate({
      serviceId: SERVICE,
      generation: 2,
      revision: 1,
      idempotencyKey: 'candidate',
      configuration: { model: 'b' },
      weightPct: 50,
      leaseMs: 600_000,
    });
    return () => served.close();
  });

  it('nobody is answered by the candidate any more', async () => {
    expect((await served.answers(SERVICE, 200)).get('b')).toBeGreaterThan(50);
    const { after, tries } = await directRollback(served.orchestrator, request, clock);
    expect({ after, tries }).toMatchObject({
      after: { candidate: null, generation: 3, revision: 1_000 },
      tries: 1,
    });
    expect(await served.answers(SERVICE, 200)).toEqual(new Map([['a', 200]]));
  });

  it('tries until it is verified: a gateway that is away, and a write whose answer was lost', async () => {
    let calls = 0;
    const flaky: Orchestrator = {
      ...served.orchestrator,
      read: async (serviceId) => {
        calls += 1;
        if (calls === 1) throw new Failure('OrchestratorUnavailable', 'away');
        return served.orchestrator.read(serviceId);
      },
      removeCandidate: async (write) => {
        await served.orchestrator.removeCandidate(write);
        throw new Failure('OrchestratorUnavailable', 'the answer was lost');
      },
    };
    const { before, after, tries } = await directRollback(flaky, request, clock);
    expect({ before, after, tries }).toMatchObject({
      before: { weight_pct: 50 },
      after: { candidate: null },
      tries: 3,
    });
  });

  it('goes beyond somebody who writes at the same time', async () => {
    let writes = 0;
    const contended: Orchestrator = {
      ...served.orchestrator,
      removeCandidate: async (write) => {
        writes += 1;
        if (writes > 1) return served.orchestrator.removeCandidate(write);
        const configuration = { model: 'c' };
        const theirs = {
          ...write,
          generation: 9,
          revision: 1,
          configuration,
          weightPct: 10,
          leaseMs: 60_000,
        };
        await served.orchestrator.setCandidate(theirs);
        return served.orchestrator.removeCandidate(write);
      },
    };
    const { after, tries } = await directRollback(contended, request, clock);
    expect({ after, tries }).toMatchObject({ after: { candidate: null, generation: 10 }, tries: 2 });
  });

  it('gives up when time runs out, and says that nothing is verified', async () => {
    const away: Orchestrator = {
      ...served.orchestrator,
      removeCandidate: () => Promise.reject(new Failure('OrchestratorUnavailable', 'connection refused')),
    };
    await expect(directRollback(away, request, clock)).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      message: expect.stringMatching(/NOT verified after \d+ tries.*connection refused/u) as string,
    });
    expect(pauses).toBeGreaterThan(10);
  });

  it('does not try again what is final', async () => {
    await expect(
      directRollback(served.orchestrator, { ...request, serviceId: 'sales-bot' }, clock),
    ).rejects.toMatchObject({ type: 'UnknownService' });
    expect(pauses).toBe(0);
  });
});
