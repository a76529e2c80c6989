import { expect, it } from 'vitest';
import { tryNext } from '../../../src/cli/try-next.ts';
import { parseOrFail } from '../../../src/domain/validate.ts';
import { restoreInputSchema, rolloutInputSchema } from '../../../src/domain/workflow-input.ts';

const lines = tryNext({
  serviceId: 'support-bot',
  address: '127.0.0.1:7233',
  namespace: 'default',
  uiUrl: 'http://127.0.0.1:8233',
  gatewayUrl: 'http://127.0.0.1:8081',
});
const commands = lines.filter((line) => /^ {2}(?:tctl|temporal) /u.test(line)).map((line) => line.trim());

/** A command as a shell would split it: these are quoted with single quotes only. */
const words = (command: string) =>
  [...command.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2] ?? '');
const valueOf = (command: string, option: string) => words(command)[words(command).indexOf(option) + 1] ?? '';
const inputOf = (command: string): unknown => JSON.parse(valueOf(command, '--input'));

it('says where to look', () => {
  expect(lines).toContain('Temporal UI: http://127.0.0.1:8233/namespaces/default/workflows');
  expect(lines).toContain('Gateway:     http://127.0.0.1:8081/api/v1/configurations/support-bot');
});

it('leaves the address of a UI out that it does not know', () => {
  const without = tryNext({
    serviceId: 'support-bot',
    address: '127.0.0.1:7233',
    namespace: 'default',
    uiUrl: null,
    gatewayUrl: 'http://127.0.0.1:8081',
  });
  expect(without.join('\n')).not.toMatch(/Temporal UI/u);
});

it('names server and namespace in every command, for both clients', () => {
  expect(commands.filter((command) => command.startsWith('tctl '))).toHaveLength(4);
  expect(commands.filter((command) => command.startsWith('temporal '))).toHaveLength(4);
  for (const command of commands) {
    expect([valueOf(command, '--address'), valueOf(command, '--namespace')]).toEqual([
      '127.0.0.1:7233',
      'default',
    ]);
  }
});

it('gives inputs that the workflows accept', () => {
  const starting = (type: string) => commands.filter((command) => command.includes(type));
  expect(starting('canaryRollout')).toHaveLength(2);
  for (const command of starting('canaryRollout')) {
    expect(parseOrFail(rolloutInputSchema, inputOf(command), 'input')).toMatchObject({
      serviceId: 'support-bot',
    });
  }
  expect(starting('restoreConfiguration')).toHaveLength(1);
  for (const command of starting('restoreConfiguration')) {
    expect(parseOrFail(restoreInputSchema, inputOf(command), 'input')).toMatchObject({ to: 'previous' });
  }
  for (const command of commands.filter((each) => each.includes(' signal ') || each.includes(' update '))) {
    expect(inputOf(command)).toMatchObject({ by: 'you', reason: expect.any(String) });
  }
});

it('starts with `temporal` in a way that fails when one runs already', () => {
  const [start] = commands.filter((command) => command.startsWith('temporal workflow start'));
  expect(start).toContain(' --fail-existing ');
});
