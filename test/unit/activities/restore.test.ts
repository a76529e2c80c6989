/** Which configuration `previous` means, when what was stable once has been tried again since. */
import { describe, expect, it } from 'vitest';
import type { ActivityPorts } from '../../../activities/index.ts';
import { prepareRestore } from '../../../activities/restore.ts';
import type { ConfigurationRecord } from '../../../src/ports/stores.ts';

type Row = readonly [
  generation: number,
  hash: string,
  status: ConfigurationRecord['status'],
  wasStable: boolean,
];

const previousOf = async (...rows: readonly Row[]) => {
  const known = rows.map(([generation, hash, status, wasStable]) => ({
    serviceId: 'support-bot',
    generation,
    hash,
    status,
    body: { model: hash },
    source: 'rollout/support-bot',
    appliedAtMs: wasStable ? generation : null,
    endedAtMs: null,
  }));
  const needed = {
    configurations: {
      list: () => Promise.resolve(known),
      stable: () => Promise.resolve(known.find(({ status }) => status === 'stable') ?? null),
    },
    leases: { current: () => Promise.resolve(null) },
    services: {
      get: () =>
        Promise.resolve({
          settings: { orchestrator: { driver: 'rest', url: 'http://gateway' } },
          adoptedAtMs: 1,
        }),
    },
  };
  const input = { serviceId: 'support-bot', to: 'previous', by: 'oncall', reason: 'complaints' };
  const { generation } = await prepareRestore(needed as object as ActivityPorts, { input });
  return generation;
};

const tried: Row = [9, 'X', 'rolledBack', false];
const harmful: Row = [5, 'Y', 'stable', true];
const before: Row = [3, 'X', 'retired', true];
const oldest: Row = [1, 'W', 'retired', true];

describe('`previous`', () => {
  it('is what was stable before, also when it was tried again since and not approved', async () => {
    expect(await previousOf(harmful, before)).toBe(3);
    expect(await previousOf(tried, harmful, before)).toBe(3);
    expect(await previousOf(tried, harmful, before, oldest)).toBe(3);
  });

  it('is not what was stable again since and was taken back as that', async () => {
    const [, hash] = before;
    expect(await previousOf([4, hash, 'rolledBack', true], harmful, before, oldest)).toBe(1);
    expect(await previousOf(tried, [4, hash, 'rolledBack', true], harmful, before, oldest)).toBe(1);
  });
});
