#!/usr/bin/env node
/** `llm-optimizer`: the command line over the real servers. Wiring only; every server is opened when it is first asked. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import pino from 'pino';
import { createKafkaLog } from '../src/adapters/kafka/index.ts';
import type { CliParts } from '../src/cli/commands/parts.ts';
import { runCli } from '../src/cli/commands/program.ts';
import { requireKafkaSettings } from '../src/config/kafka-settings.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { createPorts, driverFor } from './ports.ts';

const DATABASE_CONNECT_MS = 5_000;

const parts: CliParts = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  open: ({ address, namespace, database }) => {
    const pool = new Pool({
      ...(database !== undefined && { connectionString: database }),
      max: 4,
      connectionTimeoutMillis: DATABASE_CONNECT_MS,
    });
    // A connection lost while idle is opened again at the next question, which says so if it cannot.
    pool.on('error', () => undefined);
    const connection = Connection.lazy({ address });
    const client = new Client({ connection, namespace });
    return {
      ports: createPorts(pool, client, driverFor()),
      client,
      close: async () => {
        await pool.end();
        await connection.close();
      },
    };
  },
  openLog: () => {
    const settings = requireKafkaSettings(process.env);
    const { group, topics } = settings;
    return { log: createKafkaLog(settings, group, pino({ level: 'silent' })), group, topics };
  },
  taskQueue: TASK_QUEUE,
  nowMs: Date.now,
  delay: (ms) => delay(ms),
};

const exitCode = await runCli(parts, process.argv.slice(2));
// Ends also when a server hangs: what was printed is out first.
process.stdout.write('', () => process.exit(exitCode));
