/** Which drivers the suites run over: those whose products start in seconds, or the heavy ones that are named. */
import type { DriverUnderTest } from './driver-under-test.ts';
import { file } from './file.ts';
import { litellm, litellmFile } from './litellm.ts';
import { mlflow } from './mlflow.ts';
import { portkey } from './portkey.ts';
import { referenceGateway } from './reference-gateway.ts';

/** What is deployed where the product can serve it. */
export const USUAL = {
  stable: { model: 'gpt-4o', temperature: '0.2' },
  candidate: { model: 'claude-3-5-haiku' },
} satisfies DriverUnderTest['configurations'];

/** Products whose programs take a gigabyte and minutes: `npm run prove -- gateways` names them. */
const named = (process.env['LLM_OPTIMIZER_GATEWAYS'] ?? '').split(',').filter((name) => name !== '');
const heavy = [litellmFile, mlflow].filter(({ name }) => named.includes(name));

export const drivers = named.length > 0 ? heavy : [...referenceGateway, file, portkey, litellm];
