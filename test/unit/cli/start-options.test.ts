import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readStartOptions } from '../../../src/cli/start-options.ts';

class Exit extends Error {}

/** What commander says and exits with when it does not like the arguments, or is asked for help. */
function refused(argv: readonly string[]): { code: unknown; said: string } {
  const said: string[] = [];
  const keep = (text: unknown) => said.push(String(text)) > 0;
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exit(String(code));
  });
  try {
    readStartOptions(argv);
    return { code: null, said: '' };
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    return { code: Number(error.message), said: said.join('') };
  } finally {
    for (const spy of [out, err, exit]) spy.mockRestore();
  }
}

beforeEach(() => void vi.stubEnv('LLM_OPTIMIZER_DATA', undefined));
afterEach(() => void vi.unstubAllEnvs());

describe('without arguments', () => {
  it('has every default', () => {
    expect(readStartOptions([])).toEqual({
      once: false,
      swap: false,
      seed: 1,
      speed: 40,
      service: null,
      incumbent: 'gpt-4o-2024-05-13',
      data: '.data',
      logLevel: 'info',
    });
  });

  it('gives the swapped world a data folder of its own, unless one is named', () => {
    expect(readStartOptions(['--swap']).data).toBe('.data-swapped');
    expect(readStartOptions(['--swap', '--data', 'here']).data).toBe('here');
    vi.stubEnv('LLM_OPTIMIZER_DATA', 'there');
    expect(readStartOptions([]).data).toBe('there');
    expect(readStartOptions(['--swap']).data).toBe('there');
    expect(readStartOptions(['--data', 'here']).data).toBe('here');
  });
});

it('takes every option', () => {
  const argv = ['--once', '--seed', '7', '--speed', '55.5', '--service', 'a.yaml', '--incumbent', 'model-a'];
  expect(readStartOptions(argv)).toEqual({
    once: true,
    swap: false,
    seed: 7,
    speed: 55.5,
    service: 'a.yaml',
    incumbent: 'model-a',
    data: '.data',
    logLevel: 'info',
  });
});

it.each([
  ['--seed', '-1', /--seed.*'-1'.*whole number/u],
  ['--seed', '1.5', /whole number/u],
  ['--seed', 'seven', /whole number/u],
  ['--seed', '', /whole number/u],
  ['--seed', '9007199254740993', /whole number/u],
  ['--speed', '19.9', /from 20 .* to 400/u],
  ['--speed', '401', /from 20 .* to 400/u],
  ['--speed', 'NaN', /from 20 .* to 400/u],
  ['--sped', '40', /unknown option '--sped'/u],
])('refuses %s %j with exit code 1, saying what is expected', (option, value, expected) => {
  expect(refused([option, value])).toEqual({ code: 1, said: expect.stringMatching(expected) });
});

it('refuses what is no option', () => {
  expect(refused(['now'])).toEqual({ code: 1, said: expect.stringMatching(/too many arguments/u) });
});

it('explains every option on --help and exits with 0', () => {
  const { code, said } = refused(['--help']);
  expect(code).toBe(0);
  for (const option of ['--once', '--swap', '--seed', '--speed', '--service', '--incumbent', '--data']) {
    expect(said).toContain(option);
  }
  expect(said).toMatch(/TEMPORAL_ADDRESS.*DATABASE_URL/su);
});
