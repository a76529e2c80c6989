// The program without the stories, as a child of tests: `node --import tsx optimizer-program.ts DATA_FOLDER SEED [DIFFERENT]`, where DIFFERENT is
// JSON of what differs in the service's settings. Says one JSON line once its service can be changed, and ends at SIGINT.
import { startLab, type LabOptions } from './optimizer-lab.ts';

/** The line that says that it is ready. */
export interface ProgramReady {
  readonly address: string;
  readonly namespace: string;
  readonly gatewayUrl: string;
  readonly serviceId: string;
}

/** What differs from the settings of the embedded run's service. */
export type Different = Pick<LabOptions, 'rollout' | 'guardrails'>;

const [dataDir = '', seed = '', different = '{}'] = process.argv.slice(2);
const lab = await startLab({
  dataDir,
  seed: Number(seed),
  mode: 'recommend',
  ...(JSON.parse(different) as Different),
  onProgress: (line) => process.stdout.write(`${line}\n`),
});
process.once('SIGINT', () => {
  void lab.stop().finally(() => process.exit(0));
});
await lab.admissible();
const { stack, gatewayUrl, settings } = lab;
const ready: ProgramReady = { ...stack.temporal, gatewayUrl, serviceId: settings.serviceId };
process.stdout.write(`${JSON.stringify(ready)}\n`);
