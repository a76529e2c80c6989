/** The real ports of a worker: PostgreSQL, the drivers, Temporal's client, the wall clock. Wiring only. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { ActivityPorts } from '../activities/index.ts';
import { createStores } from '../src/adapters/postgres/index.ts';
import { createCompositeOrchestrator } from '../src/adapters/composite-orchestrator/index.ts';
import { createFileOrchestrator } from '../src/adapters/file-orchestrator/index.ts';
import { createGrpcOrchestrator } from '../src/adapters/grpc-orchestrator/index.ts';
import { createRestOrchestrator } from '../src/adapters/rest-orchestrator/index.ts';
import { createWorkflowDirectory } from '../src/adapters/temporal/index.ts';
import { createWebhookNotifier } from '../src/adapters/webhook/index.ts';
import type { Driver } from '../src/domain/gateway-target.ts';
import type { Orchestrator, OrchestratorFor } from '../src/ports/orchestrator.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';

export function createPorts(pool: pg.Pool, client: Client): ActivityPorts {
  return {
    ...createStores(pool),
    notifier: createWebhookNotifier(),
    orchestratorFor: driverFor(),
    workflows: createWorkflowDirectory(client, TASK_QUEUE),
    nowMs: Date.now,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
}

const CREATE: Readonly<Record<Driver, (options: { readonly url: string }) => Orchestrator>> = {
  rest: createRestOrchestrator,
  grpc: createGrpcOrchestrator,
  file: createFileOrchestrator,
};

/** One driver per address: a gRPC driver holds a connection. Several targets are one composite over theirs. */
export function driverFor(): OrchestratorFor {
  const drivers = new Map<string, Orchestrator>();
  const find: OrchestratorFor = ({ driver, url, also }) => {
    if (also) return createCompositeOrchestrator({ driver, url, also }, find);
    const key = `${driver} ${url}`;
    const known = drivers.get(key);
    if (known) return known;
    const made = CREATE[driver]({ url });
    drivers.set(key, made);
    return made;
  };
  return find;
}
