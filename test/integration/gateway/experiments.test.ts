/** An experiment as the data plane serves it: which arm answers whom, what is told of it, and that a restart changes nothing. */
import { expect, it } from 'vitest';
import { feedbackDataSchema } from '../../../src/domain/feedback.ts';
import { armOfUnit, type ServedToUnit } from '../../../src/client/arm-of-unit.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { createOtlpEmitter, type Gateway } from '../../../src/gateway/index.ts';
import { loadRecordedOutcomes } from '../../../src/replay/index.ts';
import { loadLiveQueryIds } from '../../../src/replay/recordings.ts';
import { feedbackTo, startReceiver } from './receiver.ts';
import { BASE, gatewayFor, send, SERVICE, silent, temporaryFolder, write } from './support.ts';

const liveQueries = loadLiveQueryIds();
const upstream = loadRecordedOutcomes().upstream({ seed: 1, speed: 1e5 });
const CONTROL = { model: 'gpt-4o-2024-05-13' };
const OTHER = { model: 'claude-3-5-haiku-20241022' };
const ID = 'experiment/support-bot/models';
const TESTER = 'user-7';

const experiment = write({
  configuration: CONTROL,
  deployment: {
    strategy: 'EXPERIMENT',
    initial_percentage: 0,
    experiment: {
      id: ID,
      salt: 'salt-1',
      exposed_pct: 60,
      arms: [
        { id: 'control', weight: 0.5, configuration: CONTROL },
        { id: 'haiku', weight: 0.5, configuration: OTHER },
      ],
      forced: { [TESTER]: 'haiku' },
    },
  },
  lease_seconds: 600,
  generation: 4,
  revision: 1,
});

const USERS = Array.from({ length: 120 }, (_, i) => `user-${i}`);

interface Told {
  readonly arm: string | null;
  readonly generation: string | null;
  readonly experiment: string | null;
  readonly model: unknown;
}

const ask = async (gateway: Gateway, no: number, user: string): Promise<Told> => {
  const chat = {
    model: 'support-bot',
    messages: [{ role: 'user', content: 'hello' }],
    user,
    metadata: { query_id: liveQueries[no] ?? '', region: no % 2 === 0 ? 'eu-central-1' : 'not a name' },
  };
  // Which recorded requests fail is drawn by this id.
  const id = { 'x-request-id': `request-${no}` };
  const { headers, body } = await send(gateway, 'POST', '/v1/chat/completions', chat, id);
  const [arm = null, generation = null, experimentId = null] = ['arm', 'generation', 'experiment'].map(
    (name) => headers.get(`x-optimizer-${name}`),
  );
  return { arm, generation, experiment: experimentId, model: body['model'] };
};
const askAll = (gateway: Gateway): Promise<readonly Told[]> =>
  Promise.all(USERS.map((user, i) => ask(gateway, i, user)));

it('gives each user an arm, tells headers, feedback and metrics, and goes on after a restart', async () => {
  const receiver = await startReceiver();
  const stateDir = await temporaryFolder();
  const start = () =>
    gatewayFor({
      stateDir,
      upstream,
      emitters: [feedbackTo(receiver), createOtlpEmitter({ url: receiver.url, logger: silent })],
    });
  const first = await start();
  await send(first, 'POST', BASE, write({ unit: 'user' }));
  expect((await send(first, 'PUT', SERVICE, experiment)).status).toBe(200);
  const before = await askAll(first);
  const live = await createRestOrchestrator({ url: first.url }).read('support-bot');
  expect((await send(first, 'GET', '/health')).body).toMatchObject({
    requests: { answered: USERS.length, forced: 1, unassigned: 0 },
  });
  await first.close();

  const served = USERS.map((user): ServedToUnit => armOfUnit(live, user, Date.now()));
  for (const [i, by] of served.entries()) {
    expect(by).toMatchObject({ kind: 'served', counted: USERS[i] !== TESTER });
    if (by.kind !== 'served') continue;
    expect(before[i]).toEqual({
      arm: by.arm,
      generation: String(by.generation),
      experiment: by.experiment,
      model: by.configuration['model'],
    });
  }
  const arms = before.map(({ arm }) => arm);
  expect(new Set(arms)).toEqual(new Set(['stable', 'control', 'haiku']));
  expect(before[7]).toEqual({ arm: 'haiku', generation: '4', experiment: ID, model: OTHER.model });

  const feedback = receiver.events.map((event) => feedbackDataSchema.parse(event['data']));
  expect(feedback.map(({ unit }) => unit.id).sort()).toEqual(USERS.filter((user) => user !== TESTER).sort());
  for (const data of feedback) {
    const told = before[USERS.indexOf(data.unit.id)];
    expect({
      arm: data.arm,
      generation: String(data.generation),
      experiment: data.experiment ?? null,
    }).toEqual({
      arm: told?.arm,
      generation: told?.generation,
      experiment: told?.experiment,
    });
    const isEven = USERS.indexOf(data.unit.id) % 2 === 0;
    expect(data.region).toBe(isEven ? 'eu-central-1' : undefined);
    expect(data.provider).toMatchObject({
      fingerprint: expect.stringMatching(/^replay_[0-9a-f]{10}$/u) as string,
      price_usd_per_mtok: data.model === OTHER.model ? { input: 0.8, output: 4 } : { input: 5, output: 15 },
    });
  }
  const counted = (arm: string) =>
    receiver.points
      .filter(
        ({ name, attributes }) => name === 'llm.request.cost' && attributes['llm.optimizer.arm'] === arm,
      )
      .filter(
        ({ attributes }) => attributes['llm.optimizer.experiment'] === (arm === 'stable' ? undefined : ID),
      )
      .reduce((sum, { count }) => sum + count, 0);
  expect(['stable', 'control', 'haiku'].map(counted)).toEqual(
    ['stable', 'control', 'haiku'].map((arm) => feedback.filter((data) => data.arm === arm).length),
  );

  expect(await askAll(await start())).toEqual(before);
});

it('an experiment that is over stays over when the clock is set back, also after a restart', async () => {
  const time = { nowMs: 1_700_000_000_000 };
  const stateDir = await temporaryFolder();
  const start = () => gatewayFor({ stateDir, clock: () => time.nowMs });
  const first = await start();
  await send(first, 'POST', BASE, write({ unit: 'user' }));
  const { body } = await send(first, 'PUT', SERVICE, experiment);
  expect(body['experiment']).toMatchObject({ id: ID, generation: 4 });
  time.nowMs += 600_000;
  const over = await send(first, 'GET', SERVICE);
  expect(over.body).toMatchObject({ last_change: { kind: 'leaseExpired', at: time.nowMs }, revision: 1 });
  expect(over.body).not.toHaveProperty('experiment');
  time.nowMs -= 300_000;
  expect((await send(first, 'GET', SERVICE)).body).toEqual(over.body);
  await first.close();
  expect((await send(await start(), 'GET', SERVICE)).body).toEqual(over.body);
});
