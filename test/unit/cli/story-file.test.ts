import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readStory, writeStory, type StoryProgress } from '../../../src/cli/story-file.ts';

const STORY: StoryProgress = {
  version: 1,
  serviceId: 'support-bot',
  seed: 1,
  swap: false,
  startedAtMs: 1_767_614_400_000,
  stage: 'takeBack',
  incumbentGeneration: 1,
  incumbentModel: 'model-a',
  promotedModel: 'model-b',
  asTold: { improve: true, takeBack: null },
  secondRunId: null,
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'story-'));
  path = join(folder, 'story.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('reads back what was written, and leaves no other file', async () => {
  await writeStory(path, { ...STORY, stage: 'improve' });
  await writeStory(path, STORY);
  expect(await readStory(path)).toEqual(STORY);
  expect(await readdir(folder)).toEqual(['story.json']);
});

it('is null when there is none', async () => {
  expect(await readStory(path)).toBeNull();
});

it.each([
  ['half a file', JSON.stringify(STORY).slice(0, 60)],
  ['an empty file', ''],
  ['another version', JSON.stringify({ ...STORY, version: 2 })],
  ['an unknown stage', JSON.stringify({ ...STORY, stage: 'epilogue' })],
  ['a missing field', JSON.stringify({ ...STORY, startedAtMs: undefined })],
])('says of %s which file it is and what to do', async (_name, text) => {
  await writeFile(path, text);
  await expect(readStory(path)).rejects.toThrow(
    `${path} cannot be read as the progress of the stories: remove it`,
  );
});

it('does not begin again because the file is there and cannot be read', async () => {
  await mkdir(path);
  await expect(readStory(path)).rejects.toThrow(path);
});
