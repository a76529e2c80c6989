// The optimizer's workers in a process of their own, as a child of tests: `node --import tsx worker-child.ts ADDRESS NAMESPACE DATABASE_URL
// BUNDLE`. Says "ready" once they poll, and ends at SIGTERM.
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { Pool } from 'pg';
import { createPorts, driverFor } from '../../../workers/ports.ts';
import { startTemporalWorkers } from '../../../workers/temporal-workers.ts';

const [address = '', namespace = '', databaseUrl = '', codePath = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('ERROR') });
const pool = new Pool({ connectionString: databaseUrl, max: 4 });
pool.on('error', () => undefined);
const connection = await Connection.connect({ address });
const workers = await startTemporalWorkers({
  address,
  namespace,
  bundle: { codePath },
  ports: createPorts(pool, new Client({ connection, namespace }), driverFor()),
});
process.once('SIGTERM', () => {
  void workers.stop().finally(() => process.exit(0));
});
process.stdout.write('ready\n');
