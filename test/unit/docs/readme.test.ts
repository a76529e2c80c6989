// README.md says of every setting what it does and what its default is: both must stay true.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { readStartOptions } from '../../../src/cli/start-options.ts';
import { serviceSettingsSchema } from '../../../src/domain/service-settings.ts';
import { MESSAGE_NAMES } from '../../../src/state/messages.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const yaml = /```yaml\n(.*?)\n```/su.exec(readme)?.[1] ?? '';

/** Settings that README shows without a default. */
const opened = yaml.replaceAll(/^(\s*)# (\w+: .*)$/gmu, '$1$2');

/** Every key, as `rollout.soak`, through objects that are not lists. */
const keysOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, below]) => keysOf(below, path === '' ? key : `${path}.${key}`))
    : [path];

describe('README.md', () => {
  test('shows every default of a service as it is', () => {
    const least = { serviceId: 'support-bot', orchestrator: { url: 'http://127.0.0.1:8081' } };
    expect(serviceSettingsSchema.parse(parse(yaml))).toEqual(serviceSettingsSchema.parse(least));
  });

  test('leaves out no setting that has a default', () => {
    const known = keysOf(serviceSettingsSchema.parse(parse(yaml)));
    const shown = keysOf(parse(yaml));
    expect(shown.toSorted()).toEqual(
      [...new Set(known.map((key) => key.replace(/^objectives\..*/u, 'objectives')))].toSorted(),
    );
  });

  test('shows only settings that are accepted, also those without a default', () => {
    const settings = serviceSettingsSchema.parse(parse(opened));
    expect(keysOf(settings)).toEqual(
      expect.arrayContaining(['constraints.minQuality', 'candidates.backup', 'orchestrator.route']),
    );
  });

  test('lists every message', () => {
    const listed = [...readme.matchAll(/^\| `(\w+)` +\| `/gmu)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining([...MESSAGE_NAMES]));
  });

  test('lists every option of npm start', () => {
    const options = Object.keys(readStartOptions([])).map((key) =>
      key.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(options).toContain('data');
    for (const option of options) expect(readme).toMatch(new RegExp(`^\\| \`--${option}[ \`]`, 'mu'));
  });
});
