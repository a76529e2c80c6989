/** A terminal for the tests: runs a command line in this process over the ports of a world, and keeps what it prints. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { ActivityPorts } from '../../../activities/index.ts';
import type { CliParts } from '../../../src/cli/commands/parts.ts';
import { runCli } from '../../../src/cli/commands/program.ts';

export interface Printed {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface Terminal {
  /** Runs `llm-optimizer ...line`. */
  readonly type: (...line: readonly string[]) => Promise<Printed>;
  /** The same with `--json`, parsed. */
  readonly json: (
    ...line: readonly string[]
  ) => Promise<{ readonly exit: number; readonly json: Record<string, unknown> }>;
}

/** A terminal whose `--database` is whatever `ports` stand on. The given parts replace the usual ones. */
export function openTerminal(ports: ActivityPorts, more: Partial<CliParts> = {}): Terminal {
  const type = async (...line: readonly string[]): Promise<Printed> => {
    const printed = { out: '', err: '' };
    const parts: CliParts = {
      out: (text) => void (printed.out += text),
      err: (text) => void (printed.err += text),
      open: ({ address, namespace }) => {
        const connection = Connection.lazy({ address });
        const client = new Client({ connection, namespace });
        return { ports, client, close: () => connection.close() };
      },
      openLog: () => {
        throw new Error('this test has no Kafka');
      },
      taskQueue: 'nobody',
      nowMs: ports.nowMs,
      delay: (ms) => delay(ms),
      ...more,
    };
    return { exit: await runCli(parts, line), ...printed };
  };
  return {
    type,
    json: async (...line) => {
      const { exit, out } = await type(...line, '--json');
      return { exit, json: JSON.parse(out) as Record<string, unknown> };
    },
  };
}

/** For a database that is there: it is waited for as long as it takes. */
export const PATIENT: Partial<CliParts> = { delay: () => new Promise(() => undefined) };

/** Names a database that is never connected to: the world's ports stand in for it. */
export const DATABASE = ['--database', 'postgres://world'] as const;
