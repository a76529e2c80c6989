// A row in PostgreSQL and a workflow in Temporal, to see whether they are still there after a restart.
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import type { RunningStack } from './child.ts';

const WORKFLOW_ID = 'kept/one';

/** Commits a row and starts a workflow that no worker will ever touch. */
export async function leaveThings(stack: RunningStack): Promise<void> {
  await withDatabase(stack, (client) => client.query('CREATE TABLE kept AS SELECT 41 + 1 AS value'));
  await withTemporal(stack, (client) =>
    client.workflow.start('waitsForEver', { workflowId: WORKFLOW_ID, taskQueue: 'nobody', args: [] }),
  );
}

/** What is there of them. */
export async function findThings(
  stack: RunningStack,
): Promise<{ readonly row: number | undefined; readonly workflow: string }> {
  const rows = await withDatabase(stack, (client) =>
    client.query<{ value: number }>('SELECT value FROM kept'),
  );
  const workflow = await withTemporal(stack, (client) => client.workflow.getHandle(WORKFLOW_ID).describe());
  return { row: rows.rows[0]?.value, workflow: workflow.status.name };
}

export const KEPT = { row: 42, workflow: 'RUNNING' } as const;

export async function withDatabase<T>(stack: RunningStack, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: stack.postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function withTemporal<T>(stack: RunningStack, use: (client: TemporalClient) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    return await use(new TemporalClient({ connection, namespace: stack.temporal.namespace }));
  } finally {
    await connection.close();
  }
}
