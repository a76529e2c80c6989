/**
 * An operator's terminal: commands typed as the documentation has them, run by a shell with the real `tctl` and `temporal`,
 * against the program that runs in another process. Reads what they print; knows nothing of the program's insides.
 */
import { execFile } from 'node:child_process';
import { poll } from '../../src/embedded/poll.ts';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import type { ProgramReady } from '../support/optimizer-program.ts';
import { tctlPath, temporalPath } from '../support/prerequisites/index.ts';

export interface Printed {
  readonly exit: number;
  readonly text: string;
}

/** How a run ended, as `temporal workflow result -o json` prints it. */
export interface Ended {
  readonly status: string;
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly failure:
    { readonly type: string; readonly message: string; readonly problems: unknown } | undefined;
}

/** What the `state` query answers, as far as the tests read it. */
export interface StateAnswer {
  readonly input: unknown;
  readonly startedBy: string;
  readonly phase: string;
  readonly refusal?: string | null;
  readonly outcome: string | null;
  readonly weightPct: number;
  readonly paused: { readonly by: string } | null;
  readonly ignored: readonly { readonly name: string; readonly why: string }[];
}

export interface Operator {
  /** Runs a line that begins with `tctl` or `temporal workflow`; address and namespace are added. */
  type(line: string): Promise<Printed>;
  /** Types a start, expects it to be answered, and returns the run id that it printed. */
  start(line: string): Promise<string>;
  /** Waits for the end of a run. */
  end(workflowId: string, runId: string): Promise<Ended>;
  /** Answer of `tctl workflow query --query_type state`. */
  state(workflowId: string): Promise<StateAnswer>;
  /** The state, once it is as wanted. */
  stateWhen(workflowId: string, wanted: (state: StateAnswer) => boolean): Promise<StateAnswer>;
  /** What the gateway serves, by GET. */
  live(): Promise<LiveConfiguration>;
  liveWhen(wanted: (live: LiveConfiguration) => boolean): Promise<LiveConfiguration>;
}

/** What an operator waits for at most: seconds are usual, and no test asserts how few. */
const LIMIT_MS = 120_000;

export async function openTerminal(program: ProgramReady): Promise<Operator> {
  const { address, namespace, gatewayUrl, serviceId } = program;
  const [tctl, temporal] = await Promise.all([tctlPath(), temporalPath()]);
  const where = `--address ${address} --namespace ${namespace}`;

  const type = (line: string): Promise<Printed> => {
    const command = line.startsWith('tctl ')
      ? `'${tctl}' ${where} ${line.slice('tctl '.length)}`
      : `'${temporal}' ${line.slice('temporal '.length)} ${where}`;
    return new Promise((resolve) => {
      execFile(
        '/bin/sh',
        ['-c', command],
        { timeout: LIMIT_MS, killSignal: 'SIGKILL' },
        (error, stdout, stderr) => {
          const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ exit, text: exit === 0 ? stdout : `${stdout}${stderr}` });
        },
      );
    });
  };
  const ask = async (workflowId: string): Promise<StateAnswer | undefined> => {
    const { exit, text } = await type(`tctl workflow query --workflow_id ${workflowId} --query_type state`);
    if (exit !== 0) return undefined;
    const [state] = JSON.parse(text.slice(text.indexOf('['))) as [StateAnswer];
    return state;
  };
  const live = async () => {
    const answer = await fetch(`${gatewayUrl}/api/v1/configurations/${serviceId}`);
    return (await answer.json()) as LiveConfiguration;
  };
  const when = async <T>(look: () => Promise<T | undefined>, wanted: (seen: T) => boolean): Promise<T> => {
    let last: T | undefined;
    const seen = await poll(
      async () => {
        last = await look();
        return last !== undefined && wanted(last) ? last : undefined;
      },
      { timeoutMs: LIMIT_MS },
    );
    if (seen === undefined) throw new Error(`not as wanted within ${LIMIT_MS} ms: ${JSON.stringify(last)}`);
    return seen;
  };

  return {
    type,
    start: async (line) => {
      const { exit, text } = await type(line);
      const runId = /run ?id:? *([0-9a-f-]{36})/iu.exec(text)?.[1];
      if (exit !== 0 || runId === undefined) throw new Error(`${line}\nended ${exit}: ${text}`);
      return runId;
    },
    end: async (workflowId, runId) => {
      const printed = await type(
        `temporal workflow result --workflow-id ${workflowId} --run-id ${runId} --output json`,
      );
      return readEnd(printed.text);
    },
    state: (workflowId) =>
      when(
        () => ask(workflowId),
        () => true,
      ),
    stateWhen: (workflowId, wanted) => when(() => ask(workflowId), wanted),
    live,
    liveWhen: (wanted) => when(live, wanted),
  };
}

interface PrintedEnd {
  readonly status: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly closeEvent: {
    readonly workflowExecutionFailedEventAttributes?: {
      readonly failure: {
        readonly message: string;
        readonly applicationFailureInfo?: { readonly type: string; readonly details?: unknown };
      };
    };
  };
}

/** The command prints an error line besides the JSON when the workflow has failed. */
function readEnd(text: string): Ended {
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  const { status, result, closeEvent } = JSON.parse(json) as PrintedEnd;
  const failure = closeEvent.workflowExecutionFailedEventAttributes?.failure;
  return {
    status,
    result,
    failure: failure && {
      type: failure.applicationFailureInfo?.type ?? '',
      message: failure.message,
      problems: failure.applicationFailureInfo?.details,
    },
  };
}
