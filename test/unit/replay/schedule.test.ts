import { describe, expect, it } from 'vitest';
import { loadArrivals } from '../../../src/replay/recordings.ts';
import { createSchedule, trafficRatePerSecond } from '../../../src/replay/schedule.ts';
import { createTrafficMix } from '../../../src/replay/traffic-mix.ts';

const arrival = (offsetMs: number) => ({ offsetMs, inputTokens: offsetMs + 1, outputTokens: 1 });
const three = [0, 100, 400].map(arrival);
const offsets = (due: readonly { offsetMs: number }[]): number[] => due.map(({ offsetMs }) => offsetMs);

describe('the schedule', () => {
  it('gives out each arrival once, when it is due, sped up', () => {
    const schedule = createSchedule(three, { speed: 2, startMs: 1_000, maxLagMs: 1_000 });
    expect(offsets(schedule.due(999))).toEqual([]);
    expect(offsets(schedule.due(1_000))).toEqual([0]);
    expect(offsets(schedule.due(1_049))).toEqual([]);
    expect(offsets(schedule.due(1_200))).toEqual([100, 400]);
  });

  it('begins again one mean gap after the last arrival', () => {
    const schedule = createSchedule(three, { speed: 1, startMs: 0, maxLagMs: 1_000 });
    schedule.due(400);
    expect(offsets(schedule.due(599))).toEqual([]);
    expect(offsets(schedule.due(700))).toEqual([0, 100]);
  });

  it('sends at most the allowed lag at once after a stall, and keeps the rate afterwards', () => {
    const steady = Array.from({ length: 1_000 }, (_, i) => arrival(i * 10));
    const schedule = createSchedule(steady, { speed: 1, startMs: 0, maxLagMs: 250 });
    schedule.due(100);
    expect(schedule.due(5_000).length).toBeLessThanOrEqual(26);
    expect(schedule.due(5_100).length).toBe(10);
  });

  it('asks for at least 100 requests per second at the default speed of 40', () => {
    const arrivals = loadArrivals();
    expect(trafficRatePerSecond(arrivals, 40)).toBeCloseTo(221.2, 1);
    const schedule = createSchedule(arrivals, { speed: 40, startMs: 0, maxLagMs: Infinity });
    const perTenSeconds = Array.from({ length: 8 }, (_, i) => schedule.due((i + 1) * 10_000).length);
    expect(Math.min(...perTenSeconds)).toBeGreaterThanOrEqual(1_000);
  });

  it('refuses a speed that is not above 0', () => {
    for (const speed of [0, -3, Number.NaN]) {
      expect(() => createSchedule(three, { speed, startMs: 0, maxLagMs: 0 })).toThrow(RangeError);
    }
  });
});

describe('the mix of requests', () => {
  const queryIds = ['a', 'b', 'c'];
  const many = (seed: number) => {
    const mix = createTrafficMix({ seed, queryIds });
    return Array.from({ length: 6_000 }, () => mix.next('support-bot', arrival(7)));
  };

  it('is the same for the same seed and another for another', () => {
    expect(many(1)).toEqual(many(1));
    expect(many(1)).not.toEqual(many(2));
  });

  it('asks every query alike, as 500 users with sessions of their own', () => {
    const bodies = many(3);
    for (const id of queryIds) {
      const share = bodies.filter(({ metadata }) => metadata['query_id'] === id).length / bodies.length;
      expect(Math.abs(share - 1 / 3)).toBeLessThan(0.04);
    }
    expect(new Set(bodies.map(({ user }) => user)).size).toBe(500);
    expect(bodies.every(({ user, metadata }) => metadata['session_id']?.startsWith(`${user}-session-`))).toBe(
      true,
    );
    const sessions = new Set(bodies.map(({ metadata }) => metadata['session_id'])).size;
    expect(bodies.length / sessions).toBeGreaterThan(3);
    expect(bodies.length / sessions).toBeLessThan(7);
  });

  it('carries the recorded token counts', () => {
    expect(many(1)[0]?.metadata).toMatchObject({ input_tokens: '8', output_tokens: '1' });
  });
});
