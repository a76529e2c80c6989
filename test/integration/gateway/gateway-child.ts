/**
 * A gateway as a process of its own, for the tests that kill it: `node gateway-child.js STATE_DIR` prints its address.
 */
import { pino } from 'pino';
import { startGateway } from '../../../src/gateway/index.ts';

const [stateDir = ''] = process.argv.slice(2);
const gateway = await startGateway({
  host: '127.0.0.1',
  port: 0,
  stateDir,
  upstream: {
    validate: () => [],
    complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
  },
  emitters: [],
  logger: pino({ level: 'silent' }),
});
console.log(gateway.url);
