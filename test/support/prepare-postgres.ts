/** Makes a data folder with the migrated database in it, on which servers of tests start: `node --import tsx prepare-postgres.ts FOLDER`. */
import { reservePort } from './ports.ts';
import { makeMigrated, serverOn } from './postgres-server.ts';

const [data = ''] = process.argv.slice(2);
const port = await reservePort();
const server = serverOn(data, port, [], ['--wal-segsize=1']);
await server.initialise();
await server.start();
try {
  await makeMigrated(server, port);
} finally {
  await server.stop();
}
