/** `npm run prove -- compose`: `docker-compose.yml` is what compose itself takes for right. Nothing is started: no engine is asked. */
import { runCommand } from '../../../src/embedded/index.ts';
import { composeCommand } from '../../support/prerequisites/index.ts';
import type { Proof, ProofResult } from '../proof.ts';

const TOP = new URL('../../..', import.meta.url).pathname;
const LIMIT_MS = 60_000;

async function run(): Promise<ProofResult> {
  const [program, ...words] = await composeCommand();
  const told = await runCommand(
    program,
    [...words, '-f', 'docker-compose.yml', 'config', '--format', 'json'],
    {
      cwd: TOP,
      timeoutMs: LIMIT_MS,
    },
  ).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (told instanceof Error) {
    return { table: [['what', 'figure']], figures: { services: null }, broken: [told.message] };
  }
  const { services } = JSON.parse(told) as { readonly services: Readonly<Record<string, unknown>> };
  const names = Object.keys(services);
  return {
    table: [['service'], ...names.map((name) => [name])],
    figures: { services: names.length },
    broken: [],
  };
}

export const proof: Proof = {
  summary: 'docker-compose.yml by the checker of compose itself',
  defaultRuns: 1,
  run,
};
