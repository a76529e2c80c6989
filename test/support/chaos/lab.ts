/**
 * Real servers that are killed while rollouts run on them, and what a trial reaches them by. The worker speaks to Temporal and to the gateway
 * through proxies of ours, so that a trial can stop it at a named point. The lab kills and starts; it decides nothing about when.
 */
import { rmSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { bootstrap } from '../../../deploy/bootstrap.ts';
import { migrate } from '../../../deploy/migrate.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import buildOnce from '../optimizer-build.ts';
import { temporaryFolder } from '../servers.ts';
import { startGatewayProxy } from './gateway-proxy.ts';
import { Points } from './points.ts';
import {
  freePorts,
  gatewayProcess,
  postgresProcess,
  temporalProcess,
  VICTIMS,
  workerProcess,
  type Killable,
  type Victim,
} from './processes.ts';
import { startTemporalProxy } from './temporal-proxy.ts';

export interface Lab {
  readonly points: Points;
  readonly client: Client;
  readonly stores: Stores;
  /** Where services say that their gateway is. */
  readonly gatewayUrl: string;
  /** kill -9, then what is to be done meanwhile, then the same process again on the same data. */
  readonly killed: (victim: Victim, meanwhile?: () => Promise<void>) => Promise<void>;
  /** Writes to the database while nobody kills it. */
  readonly writing: <T>(write: () => Promise<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
}

export async function startChaosLab(onProgress: (line: string) => void): Promise<Lab> {
  await buildOnce();
  const dataDir = temporaryFolder();
  const ports = await freePorts();
  const points = new Points();
  const postgres = await postgresProcess(dataDir, ports.postgres);
  const temporal = await temporalProcess(dataDir, ports.temporal, 60);
  const temporalProxy = await startTemporalProxy(ports.temporal, points);
  const gatewayProxy = await startGatewayProxy({ port: ports.gateway }, points);
  const processes: Readonly<Record<Victim, Killable>> = {
    postgres,
    temporal,
    gateway: gatewayProcess(dataDir, ports.gateway),
    worker: workerProcess(dataDir, temporalProxy.address, postgres.url),
  };
  const killAll = async (): Promise<void> => {
    for (const victim of VICTIMS) await processes[victim].kill();
  };
  const onExit = (): void => void killAll();
  process.once('SIGINT', onExit);
  try {
    await Promise.all([processes.postgres.start(), processes.temporal.start()]);
    const address = `127.0.0.1:${ports.temporal}`;
    await Promise.all([
      migrate(postgres.url),
      bootstrap({ address, namespace: 'default', sweepEveryMs: null, maintenanceEveryMs: null }),
    ]);
    await Promise.all([processes.gateway.start(), processes.worker.start()]);
    onProgress('Temporal, PostgreSQL, gateway and worker are up');
    const pool = new Pool({ connectionString: postgres.url, max: 8 });
    pool.on('error', () => undefined);
    const connection = await Connection.connect({ address });
    let turn: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
      const mine = turn.then(run);
      turn = mine.catch(() => undefined);
      return mine;
    };
    const kill = async (victim: Victim, meanwhile: () => Promise<void>): Promise<void> => {
      await processes[victim].kill();
      await meanwhile();
      await processes[victim].start();
    };
    return {
      points,
      client: new Client({ connection }),
      stores: createStores(pool),
      gatewayUrl: gatewayProxy.url,
      writing: inTurn,
      killed: (victim, meanwhile = () => Promise.resolve()) =>
        victim === 'postgres' ? inTurn(() => kill(victim, meanwhile)) : kill(victim, meanwhile),
      stop: async () => {
        process.off('SIGINT', onExit);
        points.letGo();
        await pool.end().catch(() => undefined);
        await connection.close();
        await killAll();
        await Promise.all([temporalProxy.close(), gatewayProxy.close()]);
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await killAll();
    await Promise.all([temporalProxy.close(), gatewayProxy.close()]);
    throw error;
  }
}

/** Tries until it works: whatever it needs may have been killed just now. */
export async function persist<T>(run: () => Promise<T>, limitMs = 180_000): Promise<T> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
