/**
 * An upstream that gives each model's recorded answer to a query of the live half, and nothing else: what was not
 * recorded is said to be so. Latency is drawn from recorded requests; time is compressed by `speed`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '../domain/failure.ts';
import type { Configuration } from '../domain/orchestrator-wire.ts';
import { unitInterval } from '../contract/assignment.ts';
import type { ProviderInfo, Upstream, UpstreamAnswer, UpstreamRequest } from '../gateway/upstream.ts';
import { expectedModel, findModel } from './models.ts';
import type { RecordedAnswer, RecordedLatency, Recordings } from './recordings.ts';

export interface ReplayOptions {
  /** Latency draws depend on this and the request id alone, so not on the order of requests. */
  readonly seed: number;
  /** How many times faster than recorded; the answer waits `latency / speed` and reports `latency`. */
  readonly speed: number;
}

/** @throws RangeError when `speed` is not above 0 */
export function createReplayUpstream(
  recordings: Pick<Recordings, 'live' | 'latenciesOf' | 'providerOf'>,
  { seed, speed }: ReplayOptions,
): Upstream {
  if (!(speed > 0 && Number.isFinite(speed)))
    throw new RangeError(`speed: ${speed} is given, expected above 0`);
  return {
    validate: configurationProblems,
    complete: async (request) => {
      const model = findModel(request.configuration['model'] ?? '');
      const queryId = request.metadata['query_id'] ?? '';
      const recorded = model === undefined ? undefined : recordings.live.get(model.name)?.get(queryId);
      if (model === undefined || recorded === undefined) return notRecorded(request, queryId);
      const drawn = draw(recordings.latenciesOf(model.name), seed, request.requestId);
      await delay(drawn.latencyMs / speed);
      const provider = recordings.providerOf(model.name);
      return answer(request, { ...model, recorded, drawn, provider });
    },
  };
}

function answer(
  request: UpstreamRequest,
  {
    name,
    system,
    recorded,
    drawn,
    provider,
  }: {
    readonly name: string;
    readonly system: string;
    readonly recorded: RecordedAnswer;
    readonly drawn: RecordedLatency;
    readonly provider: ProviderInfo;
  },
): UpstreamAnswer {
  const { metadata } = request;
  const usage = {
    model: name,
    system,
    taskType: recorded.taskType,
    costUsd: drawn.ok ? recorded.costUsd : 0,
    latencyMs: drawn.latencyMs,
    inputTokens: tokens(metadata['input_tokens']) ?? recorded.inputTokens,
    outputTokens: drawn.ok ? (tokens(metadata['output_tokens']) ?? recorded.outputTokens) : 0,
    provider,
  };
  if (!drawn.ok) {
    return { kind: 'failed', status: drawn.errorStatus, message: 'the recorded request failed', usage };
  }
  const verdict = recorded.quality === 1 ? 'right' : 'wrong';
  const content = `[replay] ${name} answered ${recorded.queryId}; recorded as ${verdict}. The text was not recorded.`;
  return { kind: 'answered', content, quality: recorded.quality, usage };
}

/** One recorded request of the pool, each equally likely. */
function draw(pool: readonly RecordedLatency[], seed: number, requestId: string): RecordedLatency {
  const drawn = pool[Math.floor(unitInterval('latency', String(seed), requestId) * pool.length)];
  if (drawn === undefined) throw new RangeError('latencies: the pool is empty');
  return drawn;
}

function notRecorded(request: UpstreamRequest, queryId: string): UpstreamAnswer {
  const model = request.configuration['model'] ?? '';
  const what =
    queryId === '' ? 'metadata.query_id is missing' : `${model} has no recorded live answer to ${queryId}`;
  return { kind: 'notRecorded', message: `${what}; the replay invents none` };
}

/** Tokens of the recorded traffic travel as strings in the request's metadata. */
function tokens(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
}

function configurationProblems(configuration: Configuration): readonly Problem[] {
  const model = configuration['model'] ?? '';
  return [
    ...(findModel(model) === undefined
      ? [{ field: 'model', value: model, expected: expectedModel(model) }]
      : []),
    ...numberProblem(configuration, 'temperature', '0 to 2', (value) => value >= 0 && value <= 2),
    ...numberProblem(configuration, 'top_p', 'more than 0, at most 1', (value) => value > 0 && value <= 1),
    ...['top_k', 'max_tokens'].flatMap((field) =>
      numberProblem(
        configuration,
        field,
        'a whole number above 0',
        (value) => Number.isInteger(value) && value > 0,
      ),
    ),
    ...['frequency_penalty', 'presence_penalty'].flatMap((field) =>
      numberProblem(configuration, field, '-2 to 2', (value) => value >= -2 && value <= 2),
    ),
  ];
}

function numberProblem(
  configuration: Configuration,
  field: string,
  expected: string,
  allowed: (value: number) => boolean,
): Problem[] {
  const value = configuration[field];
  if (value === undefined || (value.trim() !== '' && allowed(Number(value)))) return [];
  return [{ field, value, expected }];
}
