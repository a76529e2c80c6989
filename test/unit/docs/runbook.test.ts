// deploy/runbook.md tells people what to type in an incident: every name in it must be one that the program knows.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { maintenanceInputSchema } from '../../../src/domain/retention.ts';
import { restoreInputSchema } from '../../../src/domain/workflow-input.ts';
import { MESSAGE_NAMES, readMessage } from '../../../src/state/messages.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { WORKFLOW_TYPES } from '../../../workflows/unknown-type.ts';
import { runCli } from '../../../src/cli/commands/program.ts';

const runbook = readFileSync(new URL('../../../deploy/runbook.md', import.meta.url), 'utf8');
const commands = [...runbook.matchAll(/`((?:tctl|temporal|llm-optimizer) [^`]+)`/gu)].map(
  ([, line]) => line ?? '',
);
const of = (program: string): string[] => commands.filter((line) => line.startsWith(`${program} `));
const inputOf = (line: string): unknown => JSON.parse(/--input '(.+?)'/u.exec(line)?.[1] ?? 'null');

/** What a command line answers to `--help`, and what is wrong with it. */
async function helpOf(words: readonly string[]): Promise<{ readonly exit: number; readonly text: string }> {
  let text = '';
  const write = (more: string): void => void (text += more);
  const refuse = (): never => {
    throw new Error('help opens nothing');
  };
  const exit = await runCli(
    {
      out: write,
      err: write,
      open: refuse,
      openLog: refuse,
      nowMs: () => 0,
      delay: async () => undefined,
      taskQueue: TASK_QUEUE,
    },
    [...words, '--help'],
  );
  return { exit, text };
}

describe('deploy/runbook.md', () => {
  test('has commands of all three programs', () => {
    expect([of('tctl').length, of('temporal').length, of('llm-optimizer').length].every((n) => n >= 3)).toBe(
      true,
    );
  });

  test.each(commands.filter((line) => / signal /u.test(line)))(
    '%s: the message is read as it is typed',
    (line) => {
      const name = /--name (\w+)/u.exec(line)?.[1];
      expect(MESSAGE_NAMES).toContain(name);
      expect(readMessage(name as (typeof MESSAGE_NAMES)[number], inputOf(line))).toMatchObject({ ok: true });
    },
  );

  const starts = commands.filter((line) => / workflow start .*--input/u.test(line));
  test.each(starts)('%s: type, queue and input are those of the program', (line) => {
    const [, type = ''] = /--(?:workflow_)?type (\w+)/u.exec(line) ?? [];
    const [, queue = ''] = /--task-?queue (\S+)/u.exec(line) ?? [];
    expect([WORKFLOW_TYPES.some((known) => known === type), queue]).toEqual([true, TASK_QUEUE]);
    const [schema, expected] =
      type === 'maintenance' ? [maintenanceInputSchema, {}] : [restoreInputSchema, { by: 'oncall' }];
    expect(schema.parse(inputOf(line))).toMatchObject(expected);
  });

  test.each(of('llm-optimizer'))('%s: command and options exist', async (line) => {
    const words = line.split(' ').slice(1);
    const named = words.slice(
      0,
      words.findIndex((word) => /^(?:support-bot|kept\.jsonl|--)/u.test(word)),
    );
    const { exit, text } = await helpOf(named);
    expect(exit).toBe(0);
    expect(text).toContain(named.at(-1));
    for (const option of words.filter((word) => word.startsWith('--'))) expect(text).toContain(option);
  });
});
