import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readTargets, readWatch, startWatchdog, type WatchTarget } from '../../../src/watchdog/index.ts';

describe('--watch', () => {
  it.each([
    [
      'support-bot=litellm:http://127.0.0.1:4000#chat',
      { driver: 'litellm', url: 'http://127.0.0.1:4000', route: 'chat' },
    ],
    ['support-bot=mlflow:https://gateway.test/ml', { driver: 'mlflow', url: 'https://gateway.test/ml' }],
  ])('%s', (text, target) => {
    expect(readWatch(text)).toEqual({ serviceId: 'support-bot', target });
  });

  it.each([
    ['support-bot', /SERVICE=DRIVER:URL/u],
    ['Support=mlflow:http://x.test', /serviceId.*lower-case/u],
    ['support-bot=soap:http://x.test', /orchestrator\.driver: "soap" is given/u],
    ['support-bot=mlflow:ftp://x.test', /orchestrator\.url.*http or https/u],
    ['support-bot=litellm-file:http://x.test', /orchestrator\.config/u],
  ])('%s is refused by name', (text, message) => {
    expect(() => readWatch(text)).toThrow(message);
  });
});

it('--watch-file takes service settings as they are, one or a list', () => {
  const settings = {
    serviceId: 'support-bot',
    mode: 'auto',
    orchestrator: {
      driver: 'litellm-file',
      url: 'http://127.0.0.1:4000',
      config: '/etc/litellm.yaml',
      watchdog: 'http://127.0.0.1:9470',
    },
  };
  const expected = {
    serviceId: 'support-bot',
    target: { driver: 'litellm-file', url: 'http://127.0.0.1:4000', config: '/etc/litellm.yaml' },
  };
  expect(readTargets(settings)).toEqual([expected]);
  expect(readTargets([settings])).toEqual([expected]);
  expect(() => readTargets({ serviceId: 'support-bot' })).toThrow(/orchestrator/u);
});

describe('a watchdog does not start', () => {
  const target: WatchTarget = {
    serviceId: 'support-bot',
    target: { driver: 'rest', url: 'http://127.0.0.1:1' },
  };
  it.each([['on a gateway that keeps its leases itself', [target], /keeps no leases/u]])(
    '%s',
    async (_, targets, message) => {
      const options = { host: '127.0.0.1', port: 0, everyMs: 100, logger: pino({ level: 'silent' }) };
      await expect(startWatchdog({ ...options, targets, productOf: () => null })).rejects.toThrow(message);
    },
  );
});
