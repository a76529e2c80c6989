/**
 * The recorded data as the rest of the replay uses it, and the one split of the queries: those that decisions may read
 * and those that traffic asks. Nothing is drawn here.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ProviderInfo } from '../gateway/upstream.ts';
import type { RecordedOutcome } from '../ports/outcomes.ts';
import { numberIn, parseCsv, type CsvRow } from './csv.ts';
import { expectedModel, findModel, RECORDED_MODELS, type SizeClass } from './models.ts';

/** One query answered by one model: what it was worth (0..1), what it cost, and its tokens. */
export interface RecordedAnswer extends RecordedOutcome {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One recorded request to a hosted API. `ok` false: it failed, with this status. */
export interface RecordedLatency {
  readonly ok: boolean;
  readonly errorStatus: number;
  readonly latencyMs: number;
}

/** One request of the recorded traffic; `offsetMs` counts from the first one. */
export interface RecordedArrival {
  readonly offsetMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Recordings {
  /** Answers to the evaluation half, per model by exact name, in the order of query ids. */
  readonly evaluation: Readonly<Record<string, readonly RecordedAnswer[]>>;
  /** Answers to the live half: model, then query id. */
  readonly live: ReadonlyMap<string, ReadonlyMap<string, RecordedAnswer>>;
  /** The latencies that go with a model's rows. */
  latenciesOf(model: string): readonly RecordedLatency[];
  /** What answers under this name: whose rows, at which list price, from which pool of latencies. */
  providerOf(model: string): ProviderInfo;
}

const SIZE_OF_POOL: Readonly<Record<string, SizeClass>> = { '70b': 'frontier', '7b': 'small' };
/** What a failure without a recorded status is answered with. */
const DEFAULT_ERROR_STATUS = 502;

/**
 * The half a query belongs to, once and for all: an even first byte of SHA-256(query id) is `evaluation`, an odd one
 * `live`. Traffic so asks only what no decision has seen.
 */
export function halfOf(queryId: string): 'evaluation' | 'live' {
  const first = createHash('sha256').update(queryId).digest()[0] ?? 0;
  return first % 2 === 0 ? 'evaluation' : 'live';
}

/**
 * @param swap two models (exact or without date) whose rows change places: quality, cost, tokens and latency pool
 * @throws RangeError when `swap` names a model that was not recorded, or one twice
 */
export function loadRecordings({ swap }: { readonly swap?: readonly [string, string] } = {}): Recordings {
  const rowsOf = swapped(swap);
  const answers = new Map<string, RecordedAnswer[]>(RECORDED_MODELS.map((model) => [model, []]));
  for (const row of rowsIn('outcomes.csv.gz')) answers.get(row['model'] ?? '')?.push(toAnswer(row));
  const half = (model: string, wanted: 'evaluation' | 'live'): RecordedAnswer[] =>
    (answers.get(rowsOf(model)) ?? []).filter(({ queryId }) => halfOf(queryId) === wanted);
  const pools = loadLatencies();
  const prices = loadPrices();
  return {
    evaluation: Object.fromEntries(
      RECORDED_MODELS.map((model) => [model, half(model, 'evaluation').sort(byQueryId)]),
    ),
    live: new Map(
      RECORDED_MODELS.map((model) => [
        model,
        new Map(half(model, 'live').map((answer) => [answer.queryId, answer])),
      ]),
    ),
    latenciesOf: (model) => pools[findModel(rowsOf(model))?.size ?? 'frontier'],
    providerOf: (model) => {
      const rows = rowsOf(model);
      const price = prices.get(rows);
      return {
        fingerprint: fingerprintOf(rows),
        ...(price && { priceUsdPerMtok: price }),
        latencyClass: findModel(rows)?.size ?? 'frontier',
      };
    },
  };
}

/** Ids of the queries that traffic asks, sorted. */
export function loadLiveQueryIds(): readonly string[] {
  const ids = new Set(rowsIn('outcomes.csv.gz').map((row) => row['query_id'] ?? ''));
  return [...ids].filter((id) => halfOf(id) === 'live').sort();
}

/** The recorded traffic, in the order of arrival. */
export function loadArrivals(): readonly RecordedArrival[] {
  return rowsIn('arrivals.csv.gz').map((row) => ({
    offsetMs: numberIn(row, 'offset_ms'),
    inputTokens: numberIn(row, 'input_tokens'),
    outputTokens: numberIn(row, 'output_tokens'),
  }));
}

function swapped(swap: readonly [string, string] | undefined): (model: string) => string {
  if (swap === undefined) return (model) => model;
  const [a, b] = swap.map((name) => {
    const model = findModel(name);
    if (model === undefined) throw new RangeError(`swap: ${name} is given, expected ${expectedModel(name)}`);
    return model.name;
  });
  if (a === undefined || b === undefined || a === b)
    throw new RangeError('swap: expected two different models');
  return (model) => (model === a ? b : model === b ? a : model);
}

function loadLatencies(): Readonly<Record<SizeClass, readonly RecordedLatency[]>> {
  const pools: Record<SizeClass, RecordedLatency[]> = { frontier: [], small: [] };
  for (const row of rowsIn('latencies.csv.gz')) {
    const status = Number(row['error_code']);
    const size = SIZE_OF_POOL[row['size'] ?? ''];
    if (size === undefined) throw new RangeError(`latencies: no models draw from size ${row['size']}`);
    pools[size].push({
      ok: row['ok'] === '1',
      errorStatus: status >= 400 && status <= 599 ? status : DEFAULT_ERROR_STATUS,
      latencyMs: numberIn(row, 'end_to_end_ms'),
    });
  }
  return pools;
}

function loadPrices(): ReadonlyMap<string, { readonly input: number; readonly output: number }> {
  return new Map(
    rowsIn('prices.csv.gz').map((row) => [
      row['model'] ?? '',
      { input: numberIn(row, 'input_usd_per_mtok'), output: numberIn(row, 'output_usd_per_mtok') },
    ]),
  );
}

/** Not recorded: it stands for the rows that answer, so that a swap shows as a change of what answers. */
function fingerprintOf(rows: string): string {
  return `replay_${createHash('sha256').update(rows).digest('hex').slice(0, 10)}`;
}

function toAnswer(row: CsvRow): RecordedAnswer {
  return {
    queryId: row['query_id'] ?? '',
    taskType: row['task'] ?? '',
    quality: numberIn(row, 'quality'),
    costUsd: numberIn(row, 'cost_usd'),
    inputTokens: numberIn(row, 'input_tokens'),
    outputTokens: numberIn(row, 'output_tokens'),
  };
}

function byQueryId(a: RecordedAnswer, b: RecordedAnswer): number {
  return a.queryId < b.queryId ? -1 : 1;
}

function rowsIn(name: string): CsvRow[] {
  const path = join(import.meta.dirname, 'data', name);
  return parseCsv(gunzipSync(readFileSync(path)).toString('utf8'));
}
