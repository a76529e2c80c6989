import { defineConfig } from 'vitest/config';

/**
 * One project per kind of test. `unit` and `architecture` need nothing but Node; the others start the real servers
 * they name through `test/support` and say in one line what is missing when they cannot.
 */
const project = (name: string, extra: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: 'forks' as const, ...extra },
});

/** Projects that share the two cores with real servers run their files one after another. */
const withServers = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('architecture'),
      project('replay', withServers),
      project('workflow', withServers),
      project('integration', withServers),
      project('e2e', { ...withServers, testTimeout: 300_000 }),
    ],
  },
});
