/**
 * The events of `prove ingest`, the same for the same seed: every value is exact in binary, so that no sum depends on its order, and the events of one session or
 * user are exposed in the order in which they are made.
 */
import type { Message } from 'kafkajs';
import { FEEDBACK_EVENT_TYPE, type FeedbackData } from '../../../src/domain/feedback.ts';
import { METRIC_EVENT_TYPE } from '../../../src/domain/observatory-metric.ts';
import { PAIR_EVENT_TYPE } from '../../../src/domain/shadow-pair.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import type { Ledger, SentMetric, SentPair } from './ledger.ts';

export interface Envelope {
  readonly specversion: '1.0';
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly time?: string;
  readonly data: object;
}

export interface MadeEvent {
  readonly kind: 'feedback' | 'metric' | 'pair';
  readonly envelope: Envelope;
  /** Of the unit, so that its events stay in one partition; null for a request. */
  readonly key: string | null;
  readonly enter: (ledger: Ledger) => void;
}

const UNITS = 300;
const LATEST_MS = 120_000;
const FEEDBACK_PCT = 75;
const METRIC_PCT = 15;

const pick = <T>(random: () => number, of: readonly [T, ...T[]]): T =>
  of[Math.floor(random() * of.length)] ?? of[0];
const whole = (random: () => number, below: number): number => Math.floor(random() * below);
const usd = (random: () => number): number => whole(random, 64) / 1024;
const grade = (random: () => number): number | null => (random() < 0.1 ? null : Number(random() < 0.8));

/** @param channel source and prefix of ids: no two senders share a unit */
export function eventMaker(random: () => number, channel: string): (no: number, nowMs: number) => MadeEvent {
  const lastMs = new Map<string, number>();
  /** Rising for each unit; of a request any time within the last two minutes. */
  const timeOf = (unit: FeedbackData['unit'], nowMs: number): string => {
    const atMs = nowMs - whole(random, LATEST_MS);
    if (unit.kind === 'request') return new Date(atMs).toISOString();
    const key = `${unit.kind} ${unit.id}`;
    const next = Math.max((lastMs.get(key) ?? 0) + 1, atMs);
    lastMs.set(key, next);
    return new Date(next).toISOString();
  };
  const unitOf = (id: string): FeedbackData['unit'] => {
    const lot = random();
    if (lot < 0.7) return { kind: 'request', id };
    return { kind: lot < 0.85 ? 'session' : 'user', id: `${channel}-${whole(random, UNITS)}` };
  };
  const keyOf = ({ kind, id }: FeedbackData['unit']): string | null =>
    kind === 'request' ? null : `${kind} ${id}`;
  const source = `/prove/${channel}`;
  const service = () => pick(random, ['support-bot', 'search']);
  const taskType = () => pick(random, ['question', 'summary', 'code']);
  const armOf = () => (random() < 0.3 ? 'candidate' : 'stable');

  const feedback = (id: string, nowMs: number): MadeEvent => {
    const [arm, unit] = [armOf(), unitOf(id)] as const;
    const event = {
      ...feedbackEvent(id, {
        service: service(),
        timestamp: timeOf(unit, nowMs),
        arm,
        unit,
        generation: arm === 'candidate' ? 2 : 1,
        task_type: taskType(),
        quality: grade(random),
        error: random() < 0.02,
        cost_usd: usd(random),
        latency_ms: whole(random, 4_000),
        input_tokens: whole(random, 2_000),
        output_tokens: whole(random, 500),
      }),
      source,
    };
    const envelope = { specversion: '1.0', type: FEEDBACK_EVENT_TYPE, ...event } as const;
    return { kind: 'feedback', envelope, key: keyOf(unit), enter: (ledger) => ledger.feedback(event) };
  };
  const metric = (id: string, nowMs: number): MadeEvent => {
    const aggregated = random() < 0.2;
    const [min, more] = [whole(random, 50), whole(random, 500)];
    const event: SentMetric = {
      source,
      id,
      time: new Date(nowMs - whole(random, LATEST_MS)).toISOString(),
      data: {
        metric_name: aggregated ? 'llm.tokens.summary' : pick(random, ['llm.request.duration', 'llm.ttft']),
        value: whole(random, 64_000) / 64,
        attributes: {
          service: service(),
          arm: armOf(),
          generation: whole(random, 3),
          ...(random() < 0.5 && { task_type: taskType() }),
        },
        ...(aggregated && {
          aggregation: { count: 1 + whole(random, 20), sum: whole(random, 9_000), min, max: min + more },
        }),
      },
    };
    const envelope = { specversion: '1.0', type: METRIC_EVENT_TYPE, ...event } as const;
    return { kind: 'metric', envelope, key: null, enter: (ledger) => ledger.metric(event) };
  };
  const pair = (id: string, nowMs: number): MadeEvent => {
    const unit = unitOf(id);
    const side = (model: string) => ({
      model,
      quality: grade(random),
      error: random() < 0.03,
      latency_ms: whole(random, 4_000),
      cost_usd: usd(random),
    });
    const preferred = () => pick(random, ['stable', 'candidate', 'tie']);
    const event: SentPair = {
      source,
      id,
      data: {
        type: 'shadow_pair',
        id,
        timestamp: timeOf({ ...unit, id: `pair ${unit.id}` }, nowMs),
        request_id: `request-${id}`,
        service: service(),
        generation: 2,
        unit,
        task_type: taskType(),
        stable: side('model-a'),
        candidate: side('model-b'),
        ...(random() < 0.5 && {
          judge: [
            { order: 'stableFirst', preferred: preferred() },
            { order: 'candidateFirst', preferred: preferred() },
          ],
        }),
      },
    };
    const envelope = { specversion: '1.0', type: PAIR_EVENT_TYPE, ...event } as const;
    return { kind: 'pair', envelope, key: keyOf(unit), enter: (ledger) => ledger.pair(event) };
  };
  return (no, nowMs) => {
    const lot = random() * 100;
    if (lot < FEEDBACK_PCT) return feedback(`f-${no}`, nowMs);
    return lot < FEEDBACK_PCT + METRIC_PCT ? metric(`m-${no}`, nowMs) : pair(`p-${no}`, nowMs);
  };
}

/** Structured, binary, or structured in a list. */
export function messageOf(random: () => number, { envelope, key }: MadeEvent): Message {
  const { data, ...attributes } = envelope;
  const form = random();
  if (form < 0.4) return { key, value: JSON.stringify(envelope) };
  if (form > 0.8) return { key, value: JSON.stringify([envelope]) };
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]),
  );
  return { key, value: JSON.stringify(data), headers: { ...headers, 'content-type': 'application/json' } };
}

/** An envelope whose type nobody knows. */
export const strangeOf = (id: string): Envelope => {
  const { source, data } = feedbackEvent(id);
  return { specversion: '1.0', type: 'com.example.unknown', source, id, data };
};

/** JSON that is cut, an event with a field that is wrong, or one of an unknown type. */
export function garbageOf(random: () => number, id: string): string {
  const form = random();
  if (form < 0.33) return `{"specversion":"1.0","id":"${id}`;
  const strange = strangeOf(id);
  if (form > 0.66) return JSON.stringify(strange);
  const data = { ...strange.data, latency_ms: 'fast' };
  return JSON.stringify({ ...strange, type: FEEDBACK_EVENT_TYPE, data });
}
