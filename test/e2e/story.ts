/** `npm start -- --once` as a newcomer runs it, and what its two stories came to. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
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
import { takeOwnPorts } from '../support/own-ports.ts';
import { temporaryFolder } from '../support/servers.ts';

const SERVICE = 'support-bot';
/** For both stories; some 95 s are usual. What is not told by then never is. */
const LIMIT_MS = 570_000;

/** The model that was promoted, and the one that was taken back. */
export interface Told {
  readonly promoted: string;
  readonly tried: string | undefined;
}

/** Registers hooks that give each test a new data folder; the answer runs both stories on it to the end. */
export function useStories(): (...options: readonly string[]) => Promise<Told> {
  let dataDir = '';
  let program: OptimizerProcess | undefined;
  beforeEach(async () => {
    dataDir = temporaryFolder();
    await takeOwnPorts(dataDir);
  });
  afterEach(async () => {
    await clearUp(program, dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  });
  return async (...options) => {
    program = await startProcess([START, '--once', '--data', dataDir, ...options]);
    const exit = await program.ended(LIMIT_MS);
    const text = program.lines.join('\n');
    expect({ exit, text }).toEqual({
      exit: 0,
      text: expect.stringContaining('Both stories ended as told.') as string,
    });
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
  };
}

/** The two contenders of the stories, in the order of the service's file. */
export async function contenders(): Promise<readonly (string | undefined)[]> {
  return (await readServiceFile('deploy/services/support-bot.yaml')).candidates.models.slice(0, 2);
}
