/** What the commands are given by the process around them, so that tests run them with parts of their own. Types only. */
import type { Client } from '@temporalio/client';
import type { ActivityPorts } from '../../../activities/index.ts';
import type { EventLog } from '../../ports/event-log.ts';

/** Which servers a command talks to, as options and environment name them. */
export interface Where {
  readonly address: string;
  readonly namespace: string;
  readonly database?: string;
}

/** Everything is opened when it is first used, so that a command needs only the servers that it asks. */
export interface Opened {
  readonly ports: ActivityPorts;
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/** Kafka as the environment names it. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly group: string;
  readonly topics: Readonly<Record<'metrics' | 'feedback' | 'anomaly' | 'security' | 'drift', string>>;
}

export interface CliParts {
  /** Standard output and standard error, a text at a time. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly open: (where: Where) => Opened;
  /** Throws `Failure('InvalidInput')` when no cluster is named, or its settings cannot be read. */
  readonly openLog: () => OpenedLog;
  readonly taskQueue: string;
  readonly nowMs: () => number;
  readonly delay: (ms: number) => Promise<void>;
}
