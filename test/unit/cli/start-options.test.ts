// What `npm start` makes of its command line.
import { afterEach, expect, test, vi } from 'vitest';
import { readStartOptions } from '../../../src/cli/start-options.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('Without arguments: both stories as recorded, on .data, and it stays up', () => {
  vi.stubEnv('LLM_OPTIMIZER_DATA', undefined);
  expect(readStartOptions([])).toEqual({
    once: false,
    swap: false,
    seed: 1,
    speed: 40,
    service: null,
    incumbent: 'gpt-4o-2024-05-13',
    data: '.data',
  });
});

test('--swap has a data folder of its own, so that the two worlds never meet', () => {
  vi.stubEnv('LLM_OPTIMIZER_DATA', undefined);
  expect(readStartOptions(['--swap']).data).toBe('.data-swapped');
  expect(readStartOptions(['--swap', '--data', 'here']).data).toBe('here');
});

test('A folder on the command line wins over the environment, and that over the default', () => {
  vi.stubEnv('LLM_OPTIMIZER_DATA', 'there');
  expect(readStartOptions([]).data).toBe('there');
  expect(readStartOptions(['--swap']).data).toBe('there');
  expect(readStartOptions(['--data', 'here']).data).toBe('here');
});
