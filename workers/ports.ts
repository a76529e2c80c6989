/** The real ports of a worker: PostgreSQL, the REST driver, Temporal's client, the wall clock. Wiring only. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { ActivityPorts } from '../activities/index.ts';
import { createStores } from '../src/adapters/postgres/index.ts';
import { createRestOrchestrator } from '../src/adapters/rest-orchestrator/index.ts';
import { createWorkflowDirectory } from '../src/adapters/temporal/index.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';

export function createPorts(pool: pg.Pool, client: Client): ActivityPorts {
  return {
    ...createStores(pool),
    orchestratorFor: ({ url }) => createRestOrchestrator({ url }),
    workflows: createWorkflowDirectory(client, TASK_QUEUE),
    nowMs: Date.now,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
}
