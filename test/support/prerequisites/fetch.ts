/**
 * Fetches what a project's tests drive before the first of them runs, outside any time limit of a test: cold builds take minutes.
 * What cannot be had is said here in one line, and fails the tests that need it, not the others.
 */
import type { TestProject } from 'vitest/node';
import { prepareData } from '../postgres-data.ts';
import { kafkaProgram, tctlPath, temporalPath, timeSkippingServer } from './index.ts';

const NEEDS: Readonly<Record<string, readonly (() => Promise<unknown>)[]>> = {
  workflow: [temporalPath, timeSkippingServer],
  integration: [temporalPath, timeSkippingServer, tctlPath, kafkaProgram],
  e2e: [temporalPath, tctlPath],
};

/** Vitest's global set-up; what it returns tidies up. */
export default async function fetchPrerequisites(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  for (const get of NEEDS[project.name] ?? []) {
    await get().catch(tell);
  }
  if (project.name !== 'integration') return undefined;
  // Without it each server makes its own folder, which takes longer.
  return prepareData().catch((error: unknown) => {
    tell(error);
    return undefined;
  });
}

const tell = (error: unknown): void =>
  void process.stderr.write(`[prerequisites] ${error instanceof Error ? error.message : String(error)}\n`);
