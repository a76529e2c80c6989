import { describe, expect, it } from 'vitest';
import { loadRecordedOutcomes } from '../../../src/replay/index.ts';
import { halfOf, loadArrivals, loadLiveQueryIds, loadRecordings } from '../../../src/replay/recordings.ts';
import { loadPrices } from './support.ts';

const HAIKU = 'claude-3-5-haiku-20241022';
const OPUS = 'claude-3-opus-20240229';
const INCUMBENT = 'gpt-4o-2024-05-13';
const recordings = loadRecordings();

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the recorded data', () => {
  it('holds 1,720 queries for each of 21 models, every one in exactly one half', () => {
    const live = loadLiveQueryIds();
    const evaluation = recordings.evaluation[INCUMBENT]?.map(({ queryId }) => queryId) ?? [];
    expect(Object.keys(recordings.evaluation)).toHaveLength(21);
    expect(new Set([...live, ...evaluation]).size).toBe(1_720);
    expect(live.length + evaluation.length).toBe(1_720);
    expect(Math.abs(live.length / 1_720 - 0.5)).toBeLessThan(0.05);
  });

  it('answers the same queries for every model, in the order of ids', () => {
    const ids = recordings.evaluation[INCUMBENT]?.map(({ queryId }) => queryId) ?? [];
    expect(ids).toEqual([...ids].sort());
    for (const answers of Object.values(recordings.evaluation)) {
      expect(answers.map(({ queryId }) => queryId)).toEqual(ids);
    }
  });

  it('splits by the parity of the first byte of SHA-256 of the query id', () => {
    // printf %s gsm:0 | sha256sum  and  printf %s gsm:4 | sha256sum
    expect(halfOf('gsm:0')).toBe('live');
    expect(halfOf('gsm:4')).toBe('evaluation');
  });

  it('costs what its tokens cost at the list prices', () => {
    const prices = loadPrices();
    for (const [model, answers] of Object.entries(recordings.evaluation)) {
      const price = prices.get(model);
      for (const { inputTokens, outputTokens, costUsd } of answers) {
        const expected = (inputTokens * (price?.input ?? NaN) + outputTokens * (price?.output ?? NaN)) / 1e6;
        expect(Math.abs(costUsd - expected)).toBeLessThan(1e-8);
      }
    }
  });

  it('has the published accuracy of the incumbent within its error', () => {
    const quality = mean(recordings.evaluation[INCUMBENT]?.map(({ quality }) => quality) ?? []);
    expect(Math.abs(quality - 0.825)).toBeLessThan(0.05);
  });

  it('keeps the arrivals in order and their tokens positive', () => {
    const arrivals = loadArrivals();
    expect(arrivals).toHaveLength(19_366);
    expect(arrivals.every(({ offsetMs }, i) => offsetMs >= (arrivals[i - 1]?.offsetMs ?? 0))).toBe(true);
    expect(arrivals.every(({ inputTokens }) => inputTokens > 0)).toBe(true);
  });
});

describe('a swap', () => {
  const swapped = loadRecordings({ swap: ['claude-3-5-haiku', OPUS] });

  it('exchanges rows and latencies of the two models in both halves', () => {
    expect(swapped.evaluation[HAIKU]).toEqual(recordings.evaluation[OPUS]);
    expect(swapped.evaluation[OPUS]).toEqual(recordings.evaluation[HAIKU]);
    expect(swapped.live.get(HAIKU)).toEqual(recordings.live.get(OPUS));
    expect(swapped.latenciesOf(HAIKU)).toEqual(recordings.latenciesOf(OPUS));
    expect(swapped.latenciesOf(HAIKU)).not.toEqual(recordings.latenciesOf(HAIKU));
  });

  it('leaves every other model alone', () => {
    expect(swapped.evaluation[INCUMBENT]).toEqual(recordings.evaluation[INCUMBENT]);
    expect(swapped.live.get(INCUMBENT)).toEqual(recordings.live.get(INCUMBENT));
  });

  it('refuses an unknown model and a model with itself', () => {
    expect(() => loadRecordedOutcomes({ swap: ['claude-3-5-haku', OPUS] })).toThrow(
      /did you mean claude-3-5-haiku\?/u,
    );
    expect(() => loadRecordedOutcomes({ swap: [HAIKU, 'claude-3-5-haiku'] })).toThrow(RangeError);
  });
});
