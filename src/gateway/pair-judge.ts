/**
 * Judging a pair of answers, as a port. A judge that reads two texts tends to prefer a place, not an answer, so it is always asked
 * twice with the places changed; what both readings do not agree on is no preference. It decides nothing about configurations.
 */
import type { JudgedOrder } from '../domain/shadow-pair.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream.ts';

export interface PairJudge {
  /** Which of two answers is better. Null when no usable verdict came: it failed, took too long, or answered something else. */
  compare(question: {
    readonly messages: UpstreamRequest['messages'];
    readonly first: string;
    readonly second: string;
  }): Promise<'first' | 'second' | 'tie' | null>;
}

/**
 * Both readings; null when either gave no verdict. A pair of which a side failed is not asked about (undefined): there is nothing to read,
 * and errors are compared by themselves.
 */
export async function judgedInBothOrders(
  judge: PairJudge,
  messages: UpstreamRequest['messages'],
  stable: UpstreamAnswer,
  candidate: UpstreamAnswer,
): Promise<readonly JudgedOrder[] | null | undefined> {
  if (stable.kind !== 'answered' || candidate.kind !== 'answered') return undefined;
  const [a, b] = [stable.content, candidate.content];
  const [stableFirst, candidateFirst] = await Promise.all([
    judge.compare({ messages, first: a, second: b }),
    judge.compare({ messages, first: b, second: a }),
  ]);
  if (stableFirst === null || candidateFirst === null) return null;
  const whose = { first: 'stable', second: 'candidate', tie: 'tie' } as const;
  const swapped = { first: 'candidate', second: 'stable', tie: 'tie' } as const;
  return [
    { order: 'stableFirst', preferred: whose[stableFirst] },
    { order: 'candidateFirst', preferred: swapped[candidateFirst] },
  ];
}
