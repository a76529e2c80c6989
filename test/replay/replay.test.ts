/**
 * Recorded histories against the present workflows: what runs in production must go on after an update. A history that is
 * refused here was recorded before a change of commands: guard the change with `patched`, or record anew and say why.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DeterminismViolationError } from '@temporalio/workflow';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { WORKFLOW_TYPES } from '../../workflows/unknown-type.ts';
import { historyFromJson } from './history-json.ts';
import { STORIES } from './stories.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

const folder = new URL('./histories/', import.meta.url);
const names = readdirSync(folder).map((file) => file.replace(/\.json$/u, ''));
const textOf = (name: string): string => readFileSync(new URL(`${name}.json`, folder), 'utf8');

/** Replays a history; throws when the workflow would have done anything else. */
const replay = async (text: string): Promise<void> => {
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('workflowBundlePath') } },
    historyFromJson(JSON.parse(text)),
  );
};

describe('a recorded history', () => {
  it.each(names)('%s goes on as it was', async (name) => {
    await expect(replay(textOf(name))).resolves.toBeUndefined();
  });

  it('is there for every story, for every type of workflow, and for one that does not exist', () => {
    expect([...names].sort()).toEqual(Object.keys(STORIES).sort());
    const types = names.map((name) => /"workflowType": \{\s*"name": "(\w+)"/u.exec(textOf(name))?.[1]);
    expect(new Set(types)).toEqual(new Set([...WORKFLOW_TYPES, 'cannaryRollout']));
  });
});

/** The history with `from` replaced by `to` inside its payloads, which are base64. */
const inPayloads = (text: string, from: string, to: string): string =>
  JSON.stringify(
    JSON.parse(text, (key, value: unknown) =>
      key === 'data' && typeof value === 'string'
        ? Buffer.from(Buffer.from(value, 'base64').toString().replaceAll(from, to)).toString('base64')
        : value,
    ),
    null,
    1,
  );

describe('a tampered history', () => {
  it.each<[string, (text: string) => string]>([
    [
      'an activity that the workflow does not call there',
      (text) => text.replaceAll('"name": "setWeight"', '"name": "promoteCandidate"'),
    ],
    [
      'a look that says something else than what was done about it',
      (text) => inPayloads(text, '"outcome":"healthy"', '"outcome":"noData"'),
    ],
  ])('is refused: %s', async (_what, tamper) => {
    const text = textOf('rollout-promoted');
    const tampered = tamper(text);
    expect(tampered).not.toBe(text);
    await expect(replay(tampered)).rejects.toBeInstanceOf(DeterminismViolationError);
  });

  it('is refused: a tick of an experiment that found no harm, though it was ended for it', async () => {
    const text = textOf('experiment-harmed');
    const tampered = inPayloads(text, '"outcome":"harm', '"outcome":"none');
    await expect(replay(tampered)).rejects.toBeInstanceOf(DeterminismViolationError);
  });

  it('is not refused for having been written anew', async () => {
    const text = textOf('rollout-promoted');
    await expect(replay(inPayloads(text, 'nowhere to be found', ''))).resolves.toBeUndefined();
  });
});
