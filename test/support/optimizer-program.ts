// The program without the stories, as a child of tests: `node --import tsx optimizer-program.ts DATA_FOLDER SEED`. Says one
// JSON line once its service can be changed, and ends at SIGINT.
import { startLab } from './optimizer-lab.ts';

/** The line that says that it is ready. */
export interface ProgramReady {
  readonly address: string;
  readonly namespace: string;
  readonly gatewayUrl: string;
  readonly serviceId: string;
}

const [dataDir = '', seed = ''] = process.argv.slice(2);
const lab = await startLab({
  dataDir,
  seed: Number(seed),
  mode: 'recommend',
  onProgress: (line) => process.stdout.write(`${line}\n`),
});
process.once('SIGINT', () => {
  void lab.stop().finally(() => process.exit(0));
});
await lab.admissible();
const { stack, gatewayUrl, settings } = lab;
const ready: ProgramReady = { ...stack.temporal, gatewayUrl, serviceId: settings.serviceId };
process.stdout.write(`${JSON.stringify(ready)}\n`);
