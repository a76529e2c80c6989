/** The real ports of a worker: PostgreSQL, the drivers, Temporal's client, the wall clock. Wiring only. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { ActivityPorts } from '../activities/index.ts';
import { createTokenCounter } from '../src/adapters/gpt-tokenizer/index.ts';
import { createOpenAiPrompts } from '../src/adapters/openai-prompts/index.ts';
import { createStores } from '../src/adapters/postgres/index.ts';
import { createCompositeOrchestrator } from '../src/adapters/composite-orchestrator/index.ts';
import { createRestRegistry, withoutRegistry } from '../src/adapters/rest-registry/index.ts';
import { createWorkflowDirectory } from '../src/adapters/temporal/index.ts';
import { createWatchdogs } from '../src/adapters/watchdog/index.ts';
import { createWebhookNotifier } from '../src/adapters/webhook/index.ts';
import { readRetention } from '../src/config/retention-settings.ts';
import type { ExperimentRegistry } from '../src/ports/experiment-registry.ts';
import type { Orchestrator, OrchestratorFor } from '../src/ports/orchestrator.ts';
import { TASK_QUEUE } from '../workflows/activity-options.ts';
import { createDriver } from './drivers.ts';

/**
 * @param orchestratorFor one `driverFor()` for the whole process: the writes of one service take turns within a driver, so a rollback on
 * the control queue must go through the driver that renews on the main one
 */
export function createPorts(pool: pg.Pool, client: Client, orchestratorFor: OrchestratorFor): ActivityPorts {
  const promptsKey = process.env['LLM_OPTIMIZER_PROMPTS_API_KEY'] ?? '';
  return {
    ...createStores(pool),
    tokens: createTokenCounter(),
    promptWriter: createOpenAiPrompts(promptsKey === '' ? {} : { apiKey: promptsKey }),
    notifier: createWebhookNotifier(),
    registry: registryOf(process.env['REGISTRY_URL']),
    orchestratorFor,
    watchdogs: createWatchdogs(),
    retention: () => readRetention(process.env),
    workflows: createWorkflowDirectory(client, TASK_QUEUE),
    nowMs: Date.now,
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  };
}

/** Without an address nothing beyond this program is told about experiments. */
function registryOf(url: string | undefined): ExperimentRegistry {
  return url === undefined || url === '' ? withoutRegistry : createRestRegistry(url);
}

/** One driver per address: a gRPC driver holds a connection. Several targets are one composite over theirs. */
export function driverFor(): OrchestratorFor {
  const drivers = new Map<string, Orchestrator>();
  const find: OrchestratorFor = (target) => {
    const { driver, url, route, config, also } = target;
    if (also) return createCompositeOrchestrator({ ...target, also }, find);
    const key = JSON.stringify([driver, url, route, config]);
    const known = drivers.get(key);
    if (known) return known;
    const made = createDriver({
      driver,
      url,
      ...(route !== undefined && { route }),
      ...(config !== undefined && { config }),
    });
    drivers.set(key, made);
    return made;
  };
  return find;
}
