import { writeFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { liveConfigurationSchema, orchestratorErrorSchema } from '../../../src/domain/orchestrator-wire.ts';
import { startGateway } from '../../../src/gateway/index.ts';
import {
  BASE,
  canary,
  gatewayFor,
  send,
  SERVICE,
  silent,
  stubbornUpstream,
  temporaryFolder,
  write,
} from './support.ts';

describe('the control plane', () => {
  it('takes a service through canary, promotion and rollback, and answers each time with what is live', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    const created = await send(gateway, 'POST', BASE, write());
    expect(created.status).toBe(201);
    expect(liveConfigurationSchema.parse(created.body)).toMatchObject({ weight_pct: 0, candidate: null });

    const atFive = await send(gateway, 'PUT', SERVICE, canary(5, { lease_seconds: 600 }));
    expect(atFive.status).toBe(200);
    expect(liveConfigurationSchema.parse(atFive.body)).toMatchObject({
      generation: 2,
      revision: 0,
      weight_pct: 5,
      strategy: 'CANARY',
      stable: { configuration: { model: 'gpt-4o-2024-05-13' }, generation: 1 },
      candidate: { configuration: { model: 'claude-3-5-haiku-20241022' }, generation: 2 },
    });

    const back = await send(gateway, 'POST', `${SERVICE}/rollback`, {
      generation: 2,
      revision: 1,
      idempotency_key: 'r',
      reason: 'complaints',
    });
    expect(back.body).toMatchObject({ weight_pct: 0, candidate: null, last_change: { kind: 'rolledBack' } });

    const promoted = await send(
      gateway,
      'PUT',
      SERVICE,
      write({ configuration: { model: 'claude-3-5-haiku-20241022' }, generation: 2, revision: 2 }),
    );
    expect(promoted.body).toMatchObject({
      stable: { configuration: { model: 'claude-3-5-haiku-20241022' }, generation: 2 },
      lease_expires_at: null,
    });
    expect((await send(gateway, 'GET', SERVICE)).body).toEqual(promoted.body);
  });

  it('refuses every pair that is not greater with 409 and the current pair', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    await send(gateway, 'POST', BASE, write({ generation: 3, revision: 4 }));
    for (const [generation, revision] of [
      [3, 3],
      [2, 99],
      [3, 4],
    ]) {
      const answer = await send(gateway, 'PUT', SERVICE, canary(5, { generation, revision }));
      expect(answer.status).toBe(409);
      expect(orchestratorErrorSchema.parse(answer.body).error).toMatchObject({ generation: 3, revision: 4 });
    }
    expect((await send(gateway, 'GET', SERVICE)).body).toMatchObject({ candidate: null, revision: 4 });
  });

  it('answers the same write again as before, also after a restart', async () => {
    const stateDir = await temporaryFolder();
    const first = await startGateway({
      host: '127.0.0.1',
      port: 0,
      stateDir,
      upstream: stubbornUpstream,
      emitters: [],
      logger: silent,
    });
    await send(first, 'POST', BASE, write());
    const body = canary(25, { lease_seconds: 600 });
    const answer = await send(first, 'PUT', SERVICE, body);
    expect((await send(first, 'PUT', SERVICE, body)).body).toEqual(answer.body);
    await first.close();
    await writeFile(join(stateDir, 'support-bot.service.json.tmp'), '{"cut off by a cra');

    const second = await gatewayFor({ stateDir });
    const repeated = await send(second, 'PUT', SERVICE, { ...body, idempotency_key: 'another key' });
    expect(repeated).toMatchObject({ status: 200, body: answer.body });
  });

  it('lists every problem of a bad body by field with 422, and changes nothing', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    await send(gateway, 'POST', BASE, write());
    const answer = await send(gateway, 'PUT', SERVICE, {
      ...canary(-5),
      deployment: { strategy: 'CANARY', initial_percentage: -5 },
      lease_seconds: 0,
      colour: 'red',
      generation: 'two',
    });
    expect(answer.status).toBe(422);
    const { problems } = orchestratorErrorSchema.parse(answer.body).error;
    expect(problems?.map(({ field }) => field).sort()).toEqual([
      'colour',
      'deployment.initial_percentage',
      'generation',
      'lease_seconds',
    ]);
    expect((await send(gateway, 'GET', SERVICE)).body).toMatchObject({ generation: 1, candidate: null });
  });

  it.each([
    ['an unknown model', canary(5, { configuration: { model: 'no-such-model' } }), 'configuration.model'],
    [
      'a shadow that copies nothing',
      canary(0, { deployment: { strategy: 'SHADOW', initial_percentage: 0 } }),
      'deployment.initial_percentage',
    ],
    [
      'a blue-green weight between 0 and 100',
      canary(5, { deployment: { strategy: 'BLUE_GREEN', initial_percentage: 5 } }),
      'deployment.initial_percentage',
    ],
    ['another unit than at creation', canary(5, { unit: 'user' }), 'unit'],
    ['another service than in the address', canary(5, { service_id: 'other' }), 'service_id'],
    [
      'steps that do not rise',
      canary(5, {
        deployment: {
          strategy: 'CANARY',
          initial_percentage: 5,
          progression: [25, 25],
          progression_interval_minutes: 1,
        },
      }),
      'deployment.progression[1]',
    ],
  ])('refuses %s with 422 naming the field', async (_name, body, field) => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    await send(gateway, 'POST', BASE, write());
    const answer = await send(gateway, 'PUT', SERVICE, body);
    expect(answer.status).toBe(422);
    expect(
      orchestratorErrorSchema.parse(answer.body).error.problems?.map((problem) => problem.field),
    ).toEqual([field]);
  });

  it('answers malformed JSON with 400, an unknown service with 404 and an unknown address with 404', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    const malformed = await send(gateway, 'POST', BASE, '{"service_id": "support-bot",');
    expect(malformed.status).toBe(400);
    expect(orchestratorErrorSchema.parse(malformed.body).error.type).toBe('MalformedRequest');
    expect(await send(gateway, 'PUT', SERVICE, canary(5))).toMatchObject({
      status: 404,
      body: { error: { type: 'UnknownService' } },
    });
    expect((await send(gateway, 'GET', SERVICE)).status).toBe(404);
    expect((await send(gateway, 'GET', '/api/v2')).status).toBe(404);
    expect((await send(gateway, 'GET', '/health')).body).toMatchObject({ status: 'ok' });
  });

  it('remembers the pair of a removed service, so that an old writer cannot bring it back', async () => {
    const stateDir = await temporaryFolder();
    const gateway = await gatewayFor({ stateDir });
    await send(gateway, 'POST', BASE, write({ generation: 5 }));
    const removal = { generation: 5, revision: 1, idempotency_key: 'd' };
    const removed = await send(gateway, 'DELETE', SERVICE, removal);
    expect(removed.status).toBe(200);
    expect(await send(gateway, 'DELETE', SERVICE, removal)).toMatchObject({
      status: 200,
      body: removed.body,
    });
    await gateway.close();

    const restarted = await gatewayFor({ stateDir });
    expect((await send(restarted, 'GET', SERVICE)).status).toBe(404);
    const old = await send(restarted, 'POST', BASE, write({ generation: 5 }));
    expect(old).toMatchObject({ status: 409, body: { error: { generation: 5, revision: 1 } } });
    expect((await send(restarted, 'POST', BASE, write({ generation: 6 }))).status).toBe(201);
  });

  it('lets exactly one of many concurrent writers with one pair through', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder() });
    await send(gateway, 'POST', BASE, write());
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        send(gateway, 'PUT', SERVICE, canary(i + 1, { generation: 2, revision: 0 })),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39);
    expect((await send(gateway, 'GET', SERVICE)).body).toEqual(winners[0]?.body);
  });

  it('goes back to stable when a lease passes, also while the gateway was down, and keeps the pair', async () => {
    const stateDir = await temporaryFolder();
    let nowMs = 1_000_000;
    const clock = (): number => nowMs;
    const gateway = await gatewayFor({ stateDir, clock });
    await send(gateway, 'POST', BASE, write());
    await send(gateway, 'PUT', SERVICE, canary(50, { lease_seconds: 60 }));
    nowMs += 59_999;
    expect((await send(gateway, 'GET', SERVICE)).body).toMatchObject({ weight_pct: 50 });
    const renewed = canary(50, { lease_seconds: 60, revision: 1 });
    expect((await send(gateway, 'PUT', SERVICE, renewed)).body).toMatchObject({
      lease_expires_at: nowMs + 60_000,
    });
    await gateway.close();

    const expiredAtMs = nowMs + 60_000;
    nowMs += 3_600_000;
    const restarted = await gatewayFor({ stateDir, clock });
    const expected = {
      generation: 2,
      revision: 1,
      weight_pct: 0,
      candidate: null,
      lease_expires_at: null,
      last_change: { kind: 'leaseExpired', at: expiredAtMs },
    };
    expect((await send(restarted, 'GET', SERVICE)).body).toMatchObject(expected);
    nowMs -= 3_600_000;
    expect((await send(restarted, 'GET', SERVICE)).body).toMatchObject(expected);
  });

  it.each(['torn', 'altered'])('refuses to start on a %s state file and names it', async (damage) => {
    const stateDir = await temporaryFolder();
    const gateway = await gatewayFor({ stateDir });
    await send(gateway, 'POST', BASE, write());
    await gateway.close();
    const file = join(stateDir, 'support-bot.service.json');
    const content = await readFile(file, 'utf8');
    if (damage === 'torn') await truncate(file, 100);
    else await writeFile(file, content.replace('"generation": 1', '"generation": 0'));
    await expect(gatewayFor({ stateDir })).rejects.toThrow(file);
  });
});
