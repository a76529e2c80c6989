/**
 * A service with a rollout that runs, as far as a Temporal server is concerned: its alerts go there, and what came stays in its history. Nobody works on it, so that it
 * is there until the end. The server has a database of its own, beside the one that ingest loses.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import { startEmbeddedStack } from '../../../src/embedded/index.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { bootstrap } from '../../../deploy/bootstrap.ts';
import { testSettings } from '../../support/settings.ts';
import type { GotSignal } from './compare.ts';

export interface HurtService {
  readonly temporal: { readonly address: string; readonly namespace: string };
  /** Registers it, and starts its rollout. */
  adopt(pool: Pool): Promise<void>;
  /** What came to the rollout, when no alert waits any more or after a minute. */
  signals(pool: Pool): Promise<readonly GotSignal[]>;
  stop(): Promise<void>;
}

const DELIVERED_MS = 60_000;

export async function startHurtService(serviceId: string): Promise<HurtService> {
  const dataDir = mkdtempSync(join(tmpdir(), 'optimizer-prove-temporal-'));
  // Root's PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dataDir, 0o755);
  const nobodys = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined, DATABASE_URL: undefined };
  const env = { ...process.env, ...nobodys };
  const stack = await startEmbeddedStack({ dataDir, env, ports: 'any', onProgress: () => undefined });
  const { address, namespace } = stack.temporal;
  await bootstrap({ address, namespace, sweepEveryMs: null, maintenanceEveryMs: null });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const workflowId = `rollout/${serviceId}`;
  return {
    temporal: { address, namespace },
    adopt: async (pool) => {
      const { services } = createStores(pool);
      await services.put(testSettings(serviceId));
      await services.adopt(serviceId, { nowMs: Date.now(), qualityReference: null });
      await client.workflow.start('canaryRollout', { taskQueue: 'nobody', workflowId, args: [{}] });
    },
    signals: async (pool) => {
      const { alerts } = createStores(pool);
      await poll(
        async () => {
          const { rows } = await pool.query(`SELECT 1 FROM alerts WHERE state = 'waiting' LIMIT 1`);
          return rows.length === 0 && (await alerts.nextTryAtMs()) === null ? true : undefined;
        },
        { timeoutMs: DELIVERED_MS, everyMs: 200 },
      );
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signalled }) => {
        const data = signalled?.input?.payloads?.[0]?.data;
        if (!data) return [];
        const {
          id,
          security,
          alerts: n,
        } = JSON.parse(Buffer.from(data).toString('utf8')) as Record<string, unknown>;
        return [{ id: String(id), security: security === true, alerts: Number(n) }];
      });
    },
    stop: async () => {
      await connection.close();
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
