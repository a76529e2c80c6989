/** Feedback events for tests, the same for the same seed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { FeedbackData } from '../../src/domain/feedback.ts';
import type { FeedbackEvent } from '../../src/ports/windows.ts';

/** Uniform numbers in [0, 1) from a seed. */
export function seededRandom(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

export function feedbackEvent(id: string, more: Partial<FeedbackData> = {}): FeedbackEvent {
  return {
    source: '/gateway/test',
    id,
    data: {
      type: 'model_response',
      id,
      timestamp: '2026-03-01T12:00:00.000Z',
      request_id: `request-${id}`,
      service: 'support-bot',
      arm: 'stable',
      generation: 1,
      unit: { kind: 'request', id: `request-${id}` },
      model: 'model-a',
      task_type: 'question',
      quality: 1,
      error: false,
      cost_usd: 0.002,
      latency_ms: 800,
      input_tokens: 100,
      output_tokens: 50,
      ...more,
    },
  };
}

/** `count` events over `spanMs` from `startMs`, two arms, three task types, one in ten without a label. */
export function randomFeedback(
  seed: number,
  count: number,
  { startMs, spanMs, service = 'support-bot' }: { startMs: number; spanMs: number; service?: string },
): FeedbackEvent[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const candidate = random() < 0.3;
    const error = random() < 0.02;
    return feedbackEvent(`${seed}-${i}`, {
      service,
      timestamp: new Date(startMs + Math.floor(random() * spanMs)).toISOString(),
      arm: candidate ? 'candidate' : 'stable',
      generation: candidate ? 2 : 1,
      task_type: ['question', 'summary', 'code'][Math.floor(random() * 3)] ?? 'question',
      quality: random() < 0.1 ? null : error ? 0 : Number(random() < 0.8),
      error,
      cost_usd: random() * 0.01,
      latency_ms: Math.exp(random() * 3 + 5),
      input_tokens: Math.floor(random() * 2_000),
      output_tokens: Math.floor(random() * 500),
    });
  });
}
