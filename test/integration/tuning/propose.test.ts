/** What is proposed over the real database and gateway, with a model server beside it; and what the store keeps of what was learned. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { learnFromExperiment, type EndedExperiment } from '../../../activities/learn.ts';
import type { ExperimentProposal } from '../../../activities/propose-experiment.ts';
import { createOpenAiPrompts } from '../../../src/adapters/openai-prompts/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import { applyChange } from '../../../src/domain/change.ts';
import { experimentInputSchema } from '../../../src/domain/experiment.ts';
import type { LearnedOutcome } from '../../../src/strategies/learning/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { adopt, BEGIN_MS, createWorld, SERVICE, sha256, traces, type World } from '../activities/world.ts';
import { DATABASE, openTerminal } from '../cli/terminal.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const PROMPT =
  'You are a support agent of {shop}. Please always answer politely in order to help. Never guess. Use the list.';

async function worldWith(
  tuning: object,
  candidates: object,
  prompt = PROMPT,
  more: object = {},
): Promise<World> {
  const world = await createWorld(postgres, {
    settings: { tuning, candidates, ...more },
    adopted: false,
  });
  const { stable, generation, revision } = await world.live();
  await createRestOrchestrator({ url: world.url }).setStable({
    serviceId: SERVICE,
    generation,
    revision: revision + 1,
    idempotencyKey: 'with-a-prompt',
    configuration: { ...stable.configuration, ...(prompt !== '' && { system_prompt: prompt }) },
  });
  await adopt(world);
  return world;
}

const propose = async (world: World, ...options: readonly string[]) => {
  const { exit, json } = await openTerminal(world.ports).json(
    'experiment',
    'propose',
    SERVICE,
    ...DATABASE,
    ...options,
  );
  return { exit, proposal: json as Record<string, unknown> & ExperimentProposal };
};

/** A server of chat completions that answers as told: a text, a status, or null: never. */
async function modelServer(mind: string | number | null) {
  const asked: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      if (mind === null) return;
      response.statusCode = typeof mind === 'number' ? mind : 200;
      response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: mind } }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

const outcome = (origin: string, more: Partial<LearnedOutcome> = {}): LearnedOutcome => ({
  serviceId: SERVICE,
  experiment: `experiment/${SERVICE}/${origin}`,
  variant: origin,
  what: 'prompts',
  origin,
  taskType: 'chat',
  result: 'undecided',
  effect: 0.01,
  atMs: BEGIN_MS - 1_000,
  ...more,
});

describe('experiment propose', () => {
  it('of prompts shows a variant with tokens and reason, as an input that is accepted, and changes nothing', async () => {
    const world = await worldWith({ taskType: 'chat' }, {});
    const before = await traces(world);
    const { exit, proposal } = await propose(world, '--what', 'prompts', '--variants', '3');
    expect(exit).toBe(0);
    if (proposal.kind !== 'proposal') throw new Error(proposal.reason);
    expect(proposal.variants).toHaveLength(3);
    expect(proposal.baselineTokens).toMatchObject({ encoding: 'o200k_base', isExact: true });
    for (const { tokens, why, change } of proposal.variants) {
      expect(tokens!.tokens).toBeGreaterThan(5);
      expect(why).toContain('nobody has tried it for chat yet');
      expect(change.systemPrompt).toContain('{shop}');
    }
    expect(experimentInputSchema.parse(proposal.input).variants).toHaveLength(4);
    expect((await propose(world, '--what', 'prompts', '--variants', '3')).proposal).toEqual(proposal);
    expect(await traces(world)).toEqual(before);
    const { out } = await openTerminal(world.ports).type(
      'experiment',
      'propose',
      SERVICE,
      ...DATABASE,
      '--what',
      'prompts',
    );
    expect(out).toMatch(/variant.*traffic.*tokens.*why/u);
  });

  it('of parameters shares at most 5 % with each untried setting', async () => {
    const world = await worldWith(
      { taskType: 'code', mode: 'explore' },
      { parameters: { temperature: [0, 1], topP: [0.7, 1] } },
    );
    const { proposal } = await propose(world, '--what', 'parameters');
    if (proposal.kind !== 'proposal') throw new Error(proposal.reason);
    const { control, ...shares } = experimentInputSchema.parse(proposal.input).weights!;
    expect(Object.values(shares)).toEqual([0.05, 0.05, 0.05, 0.05]);
    expect(control).toBeCloseTo(0.8, 12);
  });

  it('asks the model that the service names, takes what is sound, and goes on without it', async () => {
    const server = await modelServer(
      `Sure!\n<improved>\nHelp customers of {shop}. ${'Never guess. '.repeat(3)}\n</improved>`,
    );
    const world = await worldWith(
      { taskType: 'chat', generator: { url: server.url, model: 'writer-1' } },
      {},
    );
    const proposals = await Promise.all(
      Array.from({ length: 24 }, (_, i) => propose(world, '--what', 'prompts', '--seed', String(i + 1))),
    );
    const ids = proposals.flatMap(({ proposal }) =>
      proposal.kind === 'proposal' ? proposal.variants.map(({ id }) => id) : [],
    );
    expect(ids).toContain('generated');
    expect(new Set(ids).size).toBeGreaterThan(3);
    expect(server.asked[0]!.body).toContain('writer-1');
    expect(server.asked[0]!.headers.authorization).toBeUndefined();
  });

  it.each([
    ['a status', 500, 'status 500'],
    ['talk', 'I would be glad to help!', 'no prompt between <improved> and </improved>'],
    ['silence', null, 'The operation was aborted due to timeout'],
  ])('passes over a model that gives %s', async (_what, mind, why) => {
    const { url } = await modelServer(mind);
    const written = await createOpenAiPrompts({ timeoutMs: mind === null ? 200 : 60_000, apiKey: 'k' }).write(
      {
        url,
        model: 'writer-1',
        baseline: PROMPT,
        taskType: 'chat',
      },
    );
    expect(written).toEqual({
      kind: 'none',
      why,
    });
  });

  it('ends with 1 and says since when and until when there is nothing to try', async () => {
    const world = await worldWith({ taskType: 'chat' }, {});
    const origins = [
      'deduplicated',
      'compressed',
      'concise',
      'clear',
      'specific',
      'structured',
      'fewShot',
      'chainOfThought',
      'constrained',
    ];
    await world.stores.learned.record(origins.map((origin) => outcome(origin)));
    const { exit, proposal } = await propose(world, '--what', 'prompts');
    expect(exit).toBe(1);
    expect(proposal).toMatchObject({ kind: 'exhausted', nextMs: BEGIN_MS - 1_000 + 7 * 86_400_000 });
    const without = await propose(await worldWith({}, {}, ''), '--what', 'prompts');
    expect(without.proposal).toMatchObject({ kind: 'exhausted', reason: 'the service has no system prompt' });
  });
});

describe('what was learned', () => {
  it('is kept once per experiment and variant, and listed by kind and time', async () => {
    const { stores } = await createWorld(postgres, { adopted: false });
    const { learned } = stores;
    const first = outcome('concise', { result: 'won', effect: null });
    await learned.record([first, outcome('clear', { atMs: BEGIN_MS })]);
    await learned.record([outcome('concise', { result: 'lost' })]);
    await learned.record([]);
    await learned.record([outcome('temperature=0.3', { what: 'parameters' })]);
    expect(await learned.list('prompts', 0)).toEqual([first, outcome('clear', { atMs: BEGIN_MS })]);
    expect(await learned.list('prompts', BEGIN_MS)).toHaveLength(1);
    expect(await learned.list('parameters', 0)).toHaveLength(1);
  });

  it('comes from the arms of an experiment that has ended, and keeps the next proposal from repeating it', async () => {
    const world = await worldWith({ taskType: 'code' }, { parameters: { temperature: [0, 1] } });
    const { proposal } = await propose(world, '--what', 'parameters');
    if (proposal.kind !== 'proposal') throw new Error(proposal.reason);
    const { body } = (await world.stores.configurations.stable(SERVICE))!;
    const arms = proposal.input.variants.map(({ id, change }) => {
      const configuration = change === undefined ? body : applyChange(body, change);
      return { armId: id, body: configuration, hash: sha256(canonicalJson(configuration)) };
    });
    await world.stores.experiments.recordArms(SERVICE, 2, arms);
    const end = (variant: string) => ({
      variant,
      status: 'undecided' as const,
      observed: { difference: 0.001 },
    });
    const state: EndedExperiment = {
      plan: {
        serviceId: SERVICE,
        name: proposal.input.name,
        generation: 2,
        arms: arms.map(({ armId: id }) => ({ id })),
      },
      outcome: 'noDifference',
      conclusion: { variant: null },
      verdict: { perVariant: proposal.variants.map(({ id }) => end(id)) },
    };
    const learn = () =>
      learnFromExperiment(world.ports, state, { workflowId: `experiment/${SERVICE}` }, BEGIN_MS);
    expect(await learn()).toEqual(await learn());
    const kept = await world.stores.learned.list('parameters', 0);
    expect(kept.map(({ origin }) => origin).toSorted()).toEqual(
      proposal.variants.map(({ change }) => `temperature=${change.temperature}`).toSorted(),
    );
    const next = await propose(world, '--what', 'parameters');
    expect(next.proposal).toMatchObject({ kind: 'exhausted', nextMs: BEGIN_MS + 7 * 86_400_000 });
  });
});

describe('a cycle that finds no better model', () => {
  it('records one proposal for what it knows, without its prompts in the result, and not again in the next cycle', async () => {
    const strategies = ['promptOptimization', 'parameterTuning'];
    const ranges = { parameters: { temperature: [0, 1] } };
    const world = await worldWith({ taskType: 'chat' }, ranges, PROMPT, { mode: 'recommend', strategies });
    const { generation } = await world.live();
    const fromMs = world.nowMs;
    world.nowMs += 30_000;
    await world.feed({ generation, count: 300, fromMs, toMs: world.nowMs });
    const assess = (runId: string) =>
      world.activities.assess({ input: { serviceId: SERVICE }, workflowId: `cycle/${SERVICE}`, runId });
    const first = await assess('run-1');
    expect(first.kind).toBe('nothingToDo');
    expect(first.reason).toContain(`(proposal/${SERVICE}/prompts/${generation}/0/0)`);
    expect(JSON.stringify(first)).not.toContain('support agent of');
    expect(await assess('run-1')).toEqual(first);
    const second = await assess('run-2');
    expect(second.reason).toContain(`(proposal/${SERVICE}/parameters/${generation}/0/0)`);
    const third = await assess('run-3');
    expect(third.reason).toMatch(/prompts: proposed already.*parameters: proposed already/u);
    const [decision, ...more] = await world.stores.decisions.list({
      serviceId: SERVICE,
      kind: 'experimentProposal',
    });
    expect(more).toHaveLength(1);
    const { input } = decision!.detail as { readonly input: unknown };
    expect(experimentInputSchema.parse(input).by).toBe(`cycle/${SERVICE}`);
  });

  it('in mode auto hands the input on to be started, the same to a second run of the activity', async () => {
    const strategies = ['parameterTuning'];
    const world = await worldWith({}, { parameters: { temperature: [0, 1] } }, PROMPT, { strategies });
    const { generation } = await world.live();
    const fromMs = world.nowMs;
    world.nowMs += 30_000;
    await world.feed({ generation, count: 300, fromMs, toMs: world.nowMs });
    const request = { input: { serviceId: SERVICE }, workflowId: `cycle/${SERVICE}`, runId: 'run-1' };
    const assessment = await world.activities.assess(request);
    expect(assessment).toMatchObject({
      kind: 'experiment',
      input: { serviceId: SERVICE, allocation: 'elimination' },
    });
    expect(await world.activities.assess(request)).toEqual(assessment);
  });
});
