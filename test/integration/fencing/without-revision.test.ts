// The same trials against a gateway whose reducer does not look at the revision: each of them must notice.
import { describe, expect, it, vi } from 'vitest';
import type { reduceWrite } from '../../../src/contract/reducer.ts';
import { openBench } from './bench.ts';
import { TRIALS } from './trials.ts';

interface Reducer {
  readonly reduceWrite: typeof reduceWrite;
}

/** The contract's reducer, to which every write of the live generation looks newer than what is live. */
vi.mock('../../../src/contract/reducer.ts', async (original) => {
  const whole = await original<Reducer>();
  const blind: typeof reduceWrite = (before, event, at) => {
    if (event.kind === 'errorRateExceeded' || before === undefined)
      return whole.reduceWrite(before, event, at);
    if (event.write.generation !== before.generation) return whole.reduceWrite(before, event, at);
    const newer = { ...event, write: { ...event.write, revision: before.revision + 1 } } as typeof event;
    return whole.reduceWrite(before, newer, at);
  };
  return { ...whole, reduceWrite: blind };
});

describe.concurrent.each(['rest', 'grpc'] as const)('without the revision check, over %s', (transport) => {
  it.concurrent.each(TRIALS)('is noticed: $name', async ({ run }) => {
    const bench = await openBench(transport);
    try {
      expect(await run(bench)).toEqual(expect.any(String));
    } finally {
      await bench.close();
    }
  });
});
