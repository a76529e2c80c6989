// Writes that a network holds back, repeats and reorders, over both forms of the configuration contract.
import { describe, expect, it } from 'vitest';
import { openBench } from './bench.ts';
import { TRIALS } from './trials.ts';

describe.concurrent.each(['rest', 'grpc'] as const)('over %s', (transport) => {
  it.concurrent.each(TRIALS)('$name', async ({ run }) => {
    const bench = await openBench(transport);
    try {
      expect(await run(bench)).toBeNull();
    } finally {
      await bench.close();
    }
  });
});
