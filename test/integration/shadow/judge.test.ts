/** The judge over a real HTTP server that speaks chat completions, behind the real gateway, ingest and database. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createOpenAiJudge,
  verdictIn,
  type OpenAiJudgeOptions,
} from '../../../src/adapters/openai-judge/index.ts';
import { foldPairBlock, judgeShadow, startShadowEvidence } from '../../../src/analysis/index.ts';
import { guardrailsOf } from '../../../src/domain/guardrails-of.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';
import { silent } from '../gateway/support.ts';
import { answering, CANDIDATE, shadowWorld, STABLE } from './support.ts';

interface Question {
  readonly answerA: string;
  readonly answerB: string;
  readonly conversation: readonly { readonly content: string }[];
}

/** What the server says to a question: a word, a status, or null: nothing until it is closed. */
type Mind = (question: Question) => string | number | null;

interface JudgeServer {
  readonly url: string;
  readonly asked: Question[];
  readonly headers: IncomingMessage['headers'][];
  most: number;
}

async function judgeServer(mind: Mind): Promise<JudgeServer> {
  const state: JudgeServer & { url: string } = { url: '', asked: [], headers: [], most: 0 };
  let open = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      open += 1;
      state.most = Math.max(state.most, open);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        model: string;
        messages: { role: string; content: string }[];
      };
      const question = JSON.parse(body.messages[1]?.content ?? '{}') as Question;
      state.asked.push(question);
      state.headers.push(request.headers);
      const said = mind(question);
      if (said === null) return;
      setTimeout(() => {
        open -= 1;
        response.statusCode = typeof said === 'number' ? said : 200;
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            id: 'c',
            object: 'chat.completion',
            model: body.model,
            choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: 'stop' }],
          }),
        );
      }, 5);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return state;
}

const judgeOf = (server: JudgeServer, more: Partial<OpenAiJudgeOptions> = {}) => {
  const judge = createOpenAiJudge({ url: server.url, model: 'judge-1', logger: silent, ...more });
  onTestFinished(() => judge.close());
  return judge;
};

const question = { messages: [{ role: 'user', content: 'how?' }], first: 'one', second: 'other' };

describe('a judge over chat completions', () => {
  it('asks for one word, with the key, and reads it', async () => {
    const server = await judgeServer(({ answerA }) => (answerA === 'one' ? 'A' : 'B'));
    const judge = judgeOf(server, { apiKey: 'secret' });
    expect(await judge.compare(question)).toBe('first');
    expect(await judge.compare({ ...question, first: 'x' })).toBe('second');
    expect(server.headers[0]).toMatchObject({ authorization: 'Bearer secret' });
    expect(server.asked[0]).toEqual({ conversation: question.messages, answerA: 'one', answerB: 'other' });
  });

  it.each<[string, string | number]>([
    ['a sentence', 'A is better because it is longer'],
    ['nothing', ''],
    ['another letter', 'C'],
    ['a status of 500', 500],
    ['a status of 401', 401],
  ])('takes %s for no verdict', async (_what, said) => {
    expect(await judgeOf(await judgeServer(() => said)).compare(question)).toBeNull();
  });

  it('gives up on a server that hangs or is not there, and goes on after it', async () => {
    let hangs = true;
    const server = await judgeServer(() => (hangs ? null : 'TIE'));
    const judge = judgeOf(server, { timeoutMs: 200 });
    expect(await judge.compare(question)).toBeNull();
    hangs = false;
    // A busy machine may not answer in this time either: it is asked until it does.
    await expect.poll(() => judge.compare(question), { timeout: 60_000 }).toBe('tie');
    const nowhere = createOpenAiJudge({ url: 'http://127.0.0.1:1/v1', model: 'm', logger: silent });
    onTestFinished(() => nowhere.close());
    expect(await nowhere.compare(question)).toBeNull();
  });

  it('never has more questions open than it may', async () => {
    const server = await judgeServer(() => 'A');
    const judge = judgeOf(server, { maxInFlight: 3 });
    const verdicts = await Promise.all(Array.from({ length: 30 }, () => judge.compare(question)));
    expect(new Set(verdicts)).toEqual(new Set(['first']));
    expect(server.most).toBeLessThanOrEqual(3);
  });

  it('reads a word whatever its case, and only a word', () => {
    expect([' tie.\n', 'b', 'A', 'AB', 'A.B', 'tie!'].map(verdictIn)).toEqual([
      'tie',
      'second',
      'first',
      null,
      null,
      null,
    ]);
  });
});

describe('pairs that are judged', () => {
  let postgres: TestPostgres;
  beforeAll(async () => void (postgres = await startPostgres()));
  afterAll(() => postgres.stop());

  const guardrails = guardrailsOf(testSettings('support-bot'), null).slice(0, 1);

  /** `count` requests through the gateway with this judge; the preference that is stored, and what it proves. */
  const judged = async (mind: Mind, count: number) => {
    const server = await judgeServer(mind);
    const judge = judgeOf(server, { maxInFlight: 16 });
    const world = await shadowWorld(
      postgres,
      answering(async () => ({ quality: null })),
      {
        shadow: { judge, maxInFlight: 5_000 },
      },
    );
    await Promise.all(Array.from({ length: count }, (_, i) => world.ask(`r-${i}`)));
    await expect.poll(async () => (await world.copies())['pairs'], { timeout: 100_000 }).toBe(count);
    await world.flush();
    const nowNo = Math.floor(Date.now() / 1_000);
    const range = {
      serviceId: 'support-bot',
      generation: 2,
      blockMs: 1_000,
      fromNo: nowNo - 600,
      toNo: nowNo + 1,
    };
    const blocks = await world.stores.pairs.blocks(range);
    const evidence = blocks.reduce(
      (folded, block) => foldPairBlock(folded, block, guardrails),
      startShadowEvidence(guardrails, true),
    );
    const verdict = judgeShadow(evidence, { guardrails, minPairs: 100 });
    return { server, verdict, preference: evidence.totals.preference, copies: await world.copies() };
  };

  it('prove nothing with a judge that always prefers the first place: ties only, and the bias is told', async () => {
    const { server, verdict, preference } = await judged(() => 'A', 400);
    expect(server.asked).toHaveLength(800);
    expect(preference).toMatchObject({ n: 400, sumS: 0, sumC: 0, greater: 0, smaller: 0, disagreed: 400 });
    expect(verdict).toMatchObject({ outcome: 'inconclusive' });
    expect(verdict.guardrails[0]).toMatchObject({ proof: 0, harm: 0 });
    expect(verdict.reason).toMatch(/100\.00 % depended on the order/u);
  });

  it('prove harm with a judge that prefers stable in whatever place', async () => {
    const { verdict, preference } = await judged(
      ({ answerA }) => (answerA.includes(STABLE) ? 'A' : 'B'),
      200,
    );
    expect(preference).toMatchObject({ n: 200, sumS: 200, sumC: 0, disagreed: 0 });
    expect(verdict.outcome).toBe('harm');
  });

  it('pass with a judge that prefers the candidate, and are told without one where it gave no verdict', async () => {
    let asked = 0;
    const { verdict, preference, copies } = await judged(({ answerA }) => {
      asked += 1;
      if (asked % 10 === 0) return 'I cannot say';
      return answerA.includes(CANDIDATE) ? 'A' : 'B';
    }, 300);
    expect(verdict.outcome).toBe('healthy');
    expect(preference?.n).toBe(300 - (copies['unjudged'] ?? 0));
    expect(copies['unjudged']).toBeGreaterThan(20);
  });
});
