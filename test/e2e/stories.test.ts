// `npm start -- --once` as a newcomer runs it: both stories on a new data folder, as recorded and with the contenders' rows exchanged.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readServiceFile } from '../../src/config/read-service-file.ts';
import { readStory } from '../../src/cli/story-file.ts';
import {
  clearUp,
  gatewayOnDisk,
  serversOn,
  START,
  startProcess,
  type OptimizerProcess,
} from '../support/optimizer-process.ts';
import { temporaryFolder } from '../support/servers.ts';

const SERVICE = 'support-bot';
const LIMIT_MS = 280_000;

let dataDir: string;
let program: OptimizerProcess | undefined;

beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(async () => {
  await clearUp(program, dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

/** Runs both stories to the end; the model that was promoted and the one that was taken back. */
async function tell(...options: readonly string[]) {
  program = await startProcess([START, '--once', '--data', dataDir, ...options]);
  const exit = await program.ended(LIMIT_MS);
  const text = program.lines.join('\n');
  expect({ exit, text }).toEqual({ exit: 0, text: expect.stringContaining('Both stories ended as told.') });
  expect(serversOn(dataDir)).toEqual([]);
  const story = await readStory(join(dataDir, 'story.json'));
  expect(story).toMatchObject({ stage: 'done', asTold: { improve: true, takeBack: true } });
  const promoted = story?.promotedModel ?? '';
  const gateway = await gatewayOnDisk(dataDir, SERVICE);
  expect(gateway.candidate).toBeNull();
  expect(gateway.stable.configuration['model']).toBe(promoted);
  const tried = /Somebody deploys (\S+), the other contender/u.exec(text)?.[1];
  expect(text).toMatch(/As told: taken back by itself at \d+ % of the traffic/u);
  return { promoted, tried };
}

const contenders = async () => (await readServiceFile('deploy/services/support-bot.yaml')).candidates.models;

test(
  'As recorded: the first contender is promoted, the second is taken back',
  { timeout: LIMIT_MS },
  async () => {
    const [first, second] = await contenders();
    expect(await tell('--seed', '5')).toEqual({ promoted: first, tried: second });
  },
);

test(
  'With the recorded rows exchanged: both outcomes are exchanged with them',
  { timeout: LIMIT_MS },
  async () => {
    const [first, second] = await contenders();
    expect(await tell('--seed', '6', '--swap')).toEqual({ promoted: second, tried: first });
  },
);
