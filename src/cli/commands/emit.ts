/**
 * `emit`: sends events from a file, or feedback drawn from the recorded outcomes, in any form that ingest takes: for people who try it, and who
 * want to see what their own events come to. It reads no answer into anything: what was sent and what was said about it is printed.
 */
import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { loadRecordedOutcomes } from '../../replay/index.ts';
import { answering, type Cli } from './answer.ts';
import { allTaken } from './emit/all-taken.ts';
import { eventsOf } from './emit/events-of.ts';
import { FORMS, type Form, messageFor, requestsFor } from './emit/forms.ts';
import { openGrpc } from './emit/to-grpc.ts';
import { toOtlp, type TakenTimes } from './emit/to-otlp.ts';
import { fileText, whole } from './options.ts';

const AT_ONCE = 500;
const COUNT = 100;
const HTTP_URL = 'http://127.0.0.1:4318';
const GRPC_ADDRESS = '127.0.0.1:4317';

interface Options {
  readonly recorded?: boolean;
  readonly service: string;
  readonly model: string;
  readonly count: number;
  readonly to: 'kafka' | 'http' | 'otlp' | 'grpc';
  readonly as: Form;
  readonly url?: string;
  readonly topic?: string;
}

interface Told {
  readonly sent: number;
  /** How often each answer came. */
  readonly answers: Readonly<Record<string, number>>;
}

export function addEmit(cli: Cli, program: Command): void {
  const emit = program
    .command('emit')
    .summary('send events to ingest, to try it')
    .description(
      'Sends metrics, feedback and alerts to ingest. FILE holds JSON: one event a line, or a list. An event is a CloudEvent, or a raw alert (alert_id, service_name, ...).',
    )
    .argument('[file]', 'the events; left out with --recorded', fileText)
    .option('--recorded', 'feedback drawn from the recorded outcomes, in place of a file', false)
    .option('--service <id>', 'with --recorded: whose', 'support-bot')
    .option('--model <name>', 'with --recorded: of which recorded model', 'gpt-4o-2024-05-13')
    .option('--count <n>', 'with --recorded: how many', whole, COUNT)
    .addOption(
      new Option('--to <way>', 'which way in').choices(['kafka', 'http', 'otlp', 'grpc']).default('http'),
    )
    .addOption(
      new Option(
        '--as <form>',
        'structured: an event with its envelope; binary: attributes in headers; raw: an alert as it is; batch: lists of events',
      )
        .choices(FORMS)
        .default('structured'),
    )
    .option(
      '--url <url>',
      `where ingest listens; left out: ${HTTP_URL} for http and otlp, ${GRPC_ADDRESS} for grpc`,
    )
    .option('--topic <name>', 'kafka: this topic, in place of the one for each type of event')
    .addHelpText(
      'after',
      [
        '',
        'Kafka is found through KAFKA_BROKERS and the variables beside it. Over OTLP (otlp: over HTTP; grpc: over gRPC) go metric events alone.',
        '',
        'Examples:',
        '  llm-optimizer emit --recorded --count 1000 --to kafka --as binary',
        '  llm-optimizer emit alerts.jsonl --as raw',
        '  llm-optimizer emit metrics.jsonl --to otlp',
        '  llm-optimizer emit metrics.jsonl --to grpc --url 127.0.0.1:4317',
      ].join('\n'),
    );
  answering<Options>(cli, emit, async (text, options) => {
    const events = read(cli, text, options);
    const told = await SENDERS[options.to](cli, events, options);
    const lines = Object.entries(told.answers).map(([answer, n]) => `${answer}: ${n}`);
    const ok = Object.keys(told.answers).every(allTaken);
    return { text: [`Sent: ${told.sent} events.`, ...lines].join('\n'), json: told, ok };
  });
}

type Sender = (cli: Cli, events: readonly unknown[], options: Options) => Promise<Told>;

const SENDERS: Readonly<Record<Options['to'], Sender>> = {
  kafka: async (cli, events, { as, topic }) => {
    const { log, topics } = cli.openLog();
    try {
      const byTopic = new Map<string, ReturnType<typeof messageFor>['message'][]>();
      for (const group of as === 'batch' ? chunks(events) : events.map((event) => [event])) {
        const { message, to } = messageFor(group, as);
        const name = topic ?? topics[to];
        byTopic.set(name, [...(byTopic.get(name) ?? []), message]);
      }
      for (const [name, messages] of byTopic) {
        for (const part of chunks(messages)) {
          const sent = await log.send(name, part);
          if (sent.kind !== 'sent') throw new Error(`${name}: ${sent.reason}`);
        }
      }
      const answers = [...byTopic].map(([name, messages]) => [`taken by ${name}`, messages.length] as const);
      return { sent: events.length, answers: Object.fromEntries(answers) };
    } finally {
      await log.close();
    }
  },
  http: async (_cli, events, { as, url = HTTP_URL }) => {
    const answers: Record<string, number> = {};
    for (const { headers, body } of requestsFor(events, as, AT_ONCE)) {
      const answer = await post(`${url}/v1/events`, headers, body);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
    return { sent: events.length, answers };
  },
  otlp: (cli, events, { url = HTTP_URL }) =>
    exported(cli, events, (body) =>
      post(`${url}/v1/metrics`, { 'content-type': 'application/json' }, JSON.stringify(body)),
    ),
  grpc: async (cli, events, { url = GRPC_ADDRESS }) => {
    const sender = openGrpc(url);
    try {
      return await exported(cli, events, (body) => sender.send(body));
    } finally {
      sender.close();
    }
  },
};

/** As OTLP exports of metrics. */
async function exported(
  cli: Cli,
  events: readonly unknown[],
  send: (body: object) => Promise<string>,
): Promise<Told> {
  const answers: Record<string, number> = {};
  const taken: TakenTimes = new Map();
  for (const part of chunks(events)) {
    const answer = await send(toOtlp(part, cli.nowMs(), taken));
    answers[answer] = (answers[answer] ?? 0) + 1;
  }
  return { sent: events.length, answers };
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let first = 0; first < all.length; first += AT_ONCE) yield all.slice(first, first + AT_ONCE);
}

/** Status and what was wrong, in a line. */
async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  const answer = await fetch(url, { method: 'POST', headers, body }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  const text = await answer.text();
  const clean = text === '{}' || /"setAside":\[\]/u.test(text);
  return clean ? String(answer.status) : `${answer.status} ${text.slice(0, 300)}`;
}

/** @throws Failure('InvalidInput') unless there is a file or `--recorded`, and not both */
function read(cli: Cli, text: string, options: Options): readonly unknown[] {
  const recorded = options.recorded === true;
  if (recorded === (text === '')) return recorded ? recordedEvents(cli, options) : eventsOf(text);
  const expected = 'either a file or --recorded';
  const given = recorded ? 'both are given' : 'is missing';
  throw new Failure('InvalidInput', `file: ${given}, expected ${expected}`, [
    { field: 'file', value: undefined, expected },
  ]);
}

/** Feedback as a gateway would send it: the evaluation half of a recorded model, each under an id of its own. */
function recordedEvents(cli: Cli, { service, model, count }: Options): readonly unknown[] {
  const outcomes = loadRecordedOutcomes();
  const name = outcomes.resolveModel(model) ?? model;
  const answers = outcomes.evaluation[name];
  if (answers === undefined) {
    const expected = `a recorded model: ${outcomes.models.join(', ')}`;
    throw new Failure('InvalidInput', `--model: "${model}" is given, expected ${expected}`, [
      { field: '--model', value: model, expected },
    ]);
  }
  const run = randomUUID();
  return Array.from({ length: count }, (_, i) => {
    const answer = answers[i % answers.length];
    const id = `emit-${run}-${i}`;
    return {
      specversion: '1.0',
      type: 'com.llmdevops.observatory.feedback.v1',
      source: '/llm-optimizer/emit',
      id,
      data: {
        type: 'model_response',
        id,
        timestamp: new Date(cli.nowMs()).toISOString(),
        request_id: id,
        service,
        arm: 'stable',
        generation: 1,
        unit: { kind: 'request', id },
        model: name,
        task_type: answer?.taskType ?? 'any',
        quality: answer?.quality ?? null,
        error: false,
        cost_usd: answer?.costUsd ?? 0,
        latency_ms: 0,
        input_tokens: answer?.inputTokens ?? 0,
        output_tokens: answer?.outputTokens ?? 0,
      },
    };
  });
}
