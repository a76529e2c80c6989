import { describe, expect, it } from 'vitest';
import { createFileOrchestrator } from '../../../src/adapters/file-orchestrator/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { problemsOfShadow } from '../../../activities/plan-shadow.ts';
import { PAIR_EVENT_TYPE, pairDataSchema } from '../../../src/domain/shadow-pair.ts';
import { valuesOf } from '../../../src/adapters/postgres/pair-rows.ts';
import { rolloutInputSchema } from '../../../src/domain/workflow-input.ts';
import { readEvent } from '../../../src/ingest/events/read-event.ts';
import { testSettings } from '../../support/settings.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const side = { model: 'm', quality: 0.5, error: false, latency_ms: 800, cost_usd: 0.001 };
const data = {
  type: 'shadow_pair',
  id: 'p-1',
  timestamp: '2026-03-01T12:00:00.000Z',
  request_id: 'r-1',
  service: 'support-bot',
  generation: 2,
  unit: { kind: 'request', id: 'r-1' },
  task_type: 'question',
  stable: side,
  candidate: { ...side, quality: 0.7, latency_ms: 1_200 },
};
const event = (different: object = {}) => ({
  specversion: '1.0',
  id: 'p-1',
  source: '/gateway/support-bot',
  type: PAIR_EVENT_TYPE,
  data: { ...data, ...different },
});

describe('a pair event', () => {
  it('is read with its identity', () => {
    expect(readEvent(event(), NOW)).toMatchObject({ ok: true, kind: 'pair', event: { id: 'p-1', data } });
  });

  it.each<[string, object, string]>([
    ['a quality above 1', { candidate: { ...side, quality: 1.2 } }, 'data.candidate.quality'],
    ['a cost below 0', { stable: { ...side, cost_usd: -1 } }, 'data.stable.cost_usd'],
    ['a latency that no window holds', { stable: { ...side, latency_ms: 1e300 } }, 'data.stable.latency_ms'],
    ['a time of next year', { timestamp: '2027-03-01T12:00:00.000Z' }, 'data.timestamp'],
    ['a key that nobody knows', { colour: 'red' }, 'data.colour'],
    ['one reading of a judge', { judge: [{ order: 'stableFirst', preferred: 'tie' }] }, 'data.judge'],
    [
      'two readings in one order',
      {
        judge: [
          { order: 'stableFirst', preferred: 'tie' },
          { order: 'stableFirst', preferred: 'stable' },
        ],
      },
      'data.judge',
    ],
  ])('with %s is refused by field', (_what, different, field) => {
    const read = readEvent(event(different), NOW);
    expect(read.ok ? [] : read.problems.map((problem) => problem.field)).toEqual([field]);
  });
});

describe('what a pair counts for', () => {
  const judged = (first: 'stable' | 'candidate' | 'tie', second: 'stable' | 'candidate' | 'tie') =>
    valuesOf(
      pairDataSchema.parse({
        ...data,
        judge: [
          { order: 'stableFirst', preferred: first },
          { order: 'candidateFirst', preferred: second },
        ],
      }),
      null,
    ).find(({ metric }) => metric === 'preference');

  it('is a win only where both readings agree, a tie otherwise, and says when they do not', () => {
    expect(judged('candidate', 'candidate')).toMatchObject({ s: 0, c: 1, disagreed: false });
    expect(judged('stable', 'stable')).toMatchObject({ s: 1, c: 0, disagreed: false });
    // A judge that prefers the first place names stable in the one order and the candidate in the other.
    expect(judged('stable', 'candidate')).toMatchObject({ s: 0, c: 0, disagreed: true });
    expect(judged('tie', 'candidate')).toMatchObject({ s: 0, c: 0, disagreed: true });
    expect(judged('tie', 'tie')).toMatchObject({ s: 0, c: 0, disagreed: false });
  });

  it('is slow by the limit of each side, and not at all where none was frozen', () => {
    const slow = (limits: Parameters<typeof valuesOf>[1]) =>
      valuesOf(pairDataSchema.parse(data), limits).find(({ metric }) => metric === 'slow');
    expect(slow({ stableMs: 700, candidateMs: 1_500 })).toMatchObject({ s: 1, c: 0 });
    expect(slow({ stableMs: 800, candidateMs: 1_199 })).toMatchObject({ s: 0, c: 1 });
    expect(slow(null)).toBeUndefined();
  });

  it('is no quality where a side was not graded', () => {
    const parsed = pairDataSchema.parse({ ...data, candidate: { ...side, quality: null, error: true } });
    expect(valuesOf(parsed, null).map(({ metric }) => metric)).toEqual(['error', 'costUsd']);
  });
});

describe('a shadow that is asked for', () => {
  const input = (more: object) =>
    rolloutInputSchema.parse({ serviceId: 'support-bot', change: { model: 'm' }, ...more });

  it('is refused where the driver cannot copy, by field, and taken where it can', () => {
    const file = { orchestratorFor: () => createFileOrchestrator({ url: 'file:///nowhere' }) };
    const rest = { orchestratorFor: () => createRestOrchestrator({ url: 'http://127.0.0.1:1' }) };
    const settings = testSettings('support-bot', {
      orchestrator: { driver: 'file', url: 'file:///nowhere' },
    });
    for (const more of [{ strategy: 'shadow' }, { shadowOnly: true }]) {
      expect(problemsOfShadow(file, settings, input(more))).toEqual([
        {
          field: 'strategy',
          value: 'shadow',
          expected: 'a gateway that can copy requests; the file driver cannot',
        },
      ]);
      expect(problemsOfShadow(rest, settings, input(more))).toEqual([]);
    }
    expect(problemsOfShadow(file, settings, input({}))).toEqual([]);
    const shadow = testSettings('support-bot', { rollout: { strategy: 'shadow' } });
    expect(problemsOfShadow(file, shadow, input({}))).toHaveLength(1);
    expect(problemsOfShadow(file, shadow, input({ strategy: 'canary' }))).toEqual([]);
  });
});
