import { defineConfig } from 'vitest/config';

/**
 * One project per kind of test. `unit` and `architecture` need nothing but Node; the others start the real servers
 * they name through `test/support` and say in one line what is missing when they cannot.
 */
const project = (name: string, extra: Record<string, unknown> = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    pool: 'forks' as const,
    // A second, unless told, is less than a busy machine may take for anything.
    expect: { poll: { timeout: 60_000 } },
    ...extra,
  },
});

/** Small simulations and random sequences take seconds, more on a busy machine: how long is no question of these tests. */
const unhurried = { testTimeout: 120_000 };

/** Programs that a project's tests drive, fetched before its first test. */
const FETCH = 'test/support/prerequisites/fetch.ts';

/**
 * Projects that share the two cores with real servers run their files one after another, unless they say otherwise. How long a test takes is no
 * question of it: most take seconds, and the limit is for what hangs.
 */
const withServers = {
  fileParallelism: false,
  testTimeout: 300_000,
  hookTimeout: 300_000,
  globalSetup: [FETCH],
};

/**
 * Integration, workflow and end-to-end tests wait more than they work, each file on servers and ports of its own: two at a time.
 */
const twoAtATime = { fileParallelism: true, maxWorkers: 2 };

/** Projects that run or replay workflows get the bundle of the present sources, built once. */
const withBundle = { ...withServers, globalSetup: [FETCH, 'test/support/workflow-bundle.ts'] };

/** End-to-end tests run what `npm run build` makes. */
const withBuild = {
  ...withServers,
  testTimeout: 600_000,
  globalSetup: [FETCH, 'test/support/optimizer-build.ts'],
};

/** What fails fastest comes first, and projects with servers never run beside each other. */
const inTurn = (groupOrder: number) => ({ sequence: { groupOrder } });

export default defineConfig({
  test: {
    projects: [
      project('unit', { ...inTurn(0), ...unhurried }),
      project('architecture', { ...inTurn(0), ...unhurried }),
      project('replay', { ...withBundle, ...inTurn(1) }),
      project('workflow', { ...withBundle, ...twoAtATime, testTimeout: 240_000, ...inTurn(2) }),
      project('integration', { ...withServers, ...twoAtATime, ...inTurn(3) }),
      project('e2e', { ...withBuild, ...twoAtATime, ...inTurn(4) }),
    ],
  },
});
