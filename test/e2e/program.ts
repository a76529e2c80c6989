/** The running program of a test file, and an operator's terminal on it. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { INCUMBENT } from '../support/optimizer-lab.ts';
import {
  clearUp,
  OPTIMIZER_PROGRAM,
  startProcess,
  type OptimizerProcess,
} from '../support/optimizer-process.ts';
import type { Different, ProgramReady } from '../support/optimizer-program.ts';
import { takeOwnPorts } from '../support/own-ports.ts';
import { temporaryFolder } from '../support/servers.ts';
import { openTerminal, type Operator } from './operator.ts';

export const ROLLOUT = 'rollout/support-bot';

/** The command of the documentation that starts a rollout, and the one that takes it back. */
export const START_ROLLOUT = `tctl workflow start --taskqueue llm-optimizer --workflow_type canaryRollout --workflow_id rollout/support-bot \\
     --input '{"serviceId":"support-bot","change":{"model":"claude-3-5-haiku"},"steps":[5,25,50,100],"soak":"15m"}'`;
export const ROLL_BACK = `tctl workflow signal --workflow_id rollout/support-bot --name rollback --input '{"by":"oncall","reason":"complaints"}'`;

export interface Running {
  /** Throws before the hooks of the file have run. */
  readonly operator: Operator;
  readonly ready: ProgramReady;
  /** Starts a rollout, as documented unless told, and waits until its first step is served; its run id. */
  soaking(line?: string): Promise<string>;
}

/** Registers hooks that start and end the program, and that check before each test that the incumbent alone is live. */
export function useProgram(seed: number, different: Different = {}): Running {
  const dataDir = temporaryFolder();
  let program: OptimizerProcess | undefined;
  let started: { readonly operator: Operator; readonly ready: ProgramReady } | undefined;
  const running = () => {
    if (!started) throw new Error('The program of this test file has not been started.');
    return started;
  };
  beforeAll(async () => {
    await takeOwnPorts(dataDir);
    const options = [dataDir, String(seed), JSON.stringify(different)];
    program = await startProcess(['--import', 'tsx', OPTIMIZER_PROGRAM, ...options]);
    const ready = JSON.parse(await program.line(/^\{"address"/u, 240_000)) as ProgramReady;
    started = { ready, operator: await openTerminal(ready) };
  });
  beforeEach(async () => {
    expect(await running().operator.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
    });
  });
  afterAll(async () => {
    await program?.stop().catch(() => undefined);
    await clearUp(program, dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    get operator() {
      return running().operator;
    },
    get ready() {
      return running().ready;
    },
    soaking: async (line = START_ROLLOUT) => {
      const { operator } = running();
      for (;;) {
        const runId = await operator.start(line);
        const { phase, refusal } = await operator.stateWhen(ROLLOUT, (state) =>
          ['soaking', 'refused'].includes(state.phase),
        );
        if (phase === 'soaking') return runId;
        // A configuration that has just been restored has to be served for a while before it can be compared with.
        if (refusal?.includes('labelled requests of the stable configuration') !== true)
          throw new Error(refusal ?? 'refused without a reason');
      }
    },
  };
}
