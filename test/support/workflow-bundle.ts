/** Builds the workflow bundle once per run, for every test file that runs or replays workflows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildBundle } from '../../workers/build-bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the bundle of the sources as they are now. */
    readonly workflowBundlePath: string;
  }
}

/** Vitest's global set-up; what it returns tidies up. */
export default async function buildOnce(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-bundle-'));
  const path = join(folder, 'workflow-bundle.js');
  writeFileSync(path, await buildBundle());
  project.provide('workflowBundlePath', path);
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
