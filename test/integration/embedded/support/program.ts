// A small program that runs the embedded stack, for the tests to start, interrupt and kill. Speaks JSON, a line at a time.
// argv: what it does once the stack is ready: hold | exit | throw | own (has a handler of its own for SIGINT).
import { startEmbeddedStack } from '../../../../src/embedded/index.ts';
import type { Said } from './child.ts';

const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);
const [afterwards = 'hold', dataDir = ''] = process.argv.slice(2);

try {
  const stack = await startEmbeddedStack({
    dataDir,
    env: process.env,
    ports: 'any',
    onProgress: (line) => say({ kind: 'progress', line }),
  });
  const { temporal, postgres, ports, resumed } = stack;
  say({ kind: 'ready', stack: { temporal, postgres, ports, resumed } });
  if (afterwards === 'exit') process.exit(5);
  if (afterwards === 'throw') {
    setImmediate(() => {
      throw new Error('on purpose');
    });
  }
  if (afterwards === 'own') {
    process.once('SIGINT', () => {
      void Promise.all([stack.stop(), stack.stop()]).then(() => process.exit(7));
    });
  }
  setInterval(() => undefined, 60_000);
} catch (error) {
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['', String(error)];
  say({ kind: 'failed', name, message });
  process.exitCode = 1;
}
