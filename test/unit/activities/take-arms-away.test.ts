/** Taking arms away, where the run has written nothing, comes late, or has no database. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ActivityPorts } from '../../../activities/index.ts';
import { hashOf } from '../../../activities/hash-of.ts';
import { takeArmsAway } from '../../../activities/experiments/take-arms-away.ts';
import { Failure } from '../../../src/domain/failure.ts';

const stable = { model: 'old' };
const variant = { model: 'new' };
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const holder = { workflowId: 'experiment/support-bot', firstRunId: 'run', runId: 'run' };
const arms = [
  { id: 'control', weight: 0.5, configuration: stable },
  { id: 'other', weight: 0.5, configuration: variant },
];

/** A gateway that serves these arms (or none), and what it was asked to remove. */
const world = (of: { readonly generation: number; readonly revision: number; readonly serves: boolean }) => {
  const removed: number[] = [];
  let serves = of.serves;
  let isAway = false;
  const needed = {
    hash,
    nowMs: () => 7,
    leases: {
      current: () =>
        isAway
          ? Promise.reject(new Failure('StoreUnavailable', 'database: away'))
          : Promise.resolve({ holder, generation: 2 }),
    },
    orchestratorFor: () => ({
      read: () =>
        Promise.resolve({
          generation: of.generation,
          revision: of.revision,
          stable: { generation: 1, configuration: stable },
          candidate: null,
          experiment: serves
            ? { id: 'e', salt: 's', exposed_pct: 100, generation: of.generation, arms }
            : null,
          weight_pct: 0,
        }),
      removeCandidate: ({ revision }: { readonly revision: number }) => {
        removed.push(revision);
        serves = false;
        return Promise.resolve();
      },
    }),
  };
  const ports = needed as object as ActivityPorts;
  const asked = {
    serviceId: 'support-bot',
    target: { driver: 'rest', url: 'http://gateway' },
    generation: 2,
    revision: 1,
    idempotencyKey: 'key',
    stableHash: hashOf(ports, stable),
    reason: 'as the test says',
    experiment: {
      id: 'e',
      salt: 's',
      arms: arms.map(({ id, configuration }) => ({ id, hash: hashOf(ports, configuration) })),
    },
  } as const;
  const take = (more: object = {}) => takeArmsAway(ports, { ...asked, ...more });
  return { removed, take, databaseGoesAway: () => void (isAway = true) };
};

describe('an experiment that has written nothing', () => {
  it('leaves a gateway alone that serves nothing of it', async () => {
    const { removed, take } = world({ generation: 1, revision: 4, serves: false });
    expect(await take({ untouched: true })).toEqual({ atMs: 7 });
    expect(removed).toEqual([]);
  });

  it('takes the arms away that the run before a reset has left there', async () => {
    const { removed, take } = world({ generation: 2, revision: 4, serves: true });
    expect(await take({ untouched: true })).toEqual({ atMs: 7 });
    expect(removed).toEqual([1_004]);
  });

  it('goes beyond the pair that the first write of that run has used already', async () => {
    const { removed, take } = world({ generation: 2, revision: 1, serves: true });
    expect(await take({ untouched: true })).toEqual({ atMs: 7 });
    expect(removed).toEqual([1_001]);
  });
});

describe('a hold', () => {
  it('needs no database', async () => {
    const { removed, take, databaseGoesAway } = world({ generation: 2, revision: 0, serves: true });
    databaseGoesAway();
    expect(await take({ holder, newerStays: true })).toEqual({ atMs: 7 });
    expect(removed).toEqual([1]);
  });

  it('that comes late says no success of arms that are live', async () => {
    const { removed, take, databaseGoesAway } = world({ generation: 2, revision: 4, serves: true });
    await expect(take({ holder, newerStays: true })).rejects.toMatchObject({ type: 'StaleGeneration' });
    // Perhaps it is a run that was reset: it asks again when the store answers.
    databaseGoesAway();
    await expect(take({ holder, newerStays: true })).rejects.toMatchObject({ type: 'StoreUnavailable' });
    expect(removed).toEqual([]);
  });
});
