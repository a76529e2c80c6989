/** What a driver that serves experiments must do, as cases of the conformance suite; one that serves none must not pretend. */
import { describe, expect, it } from 'vitest';
import { assignExperiment } from '../../../src/contract/index.ts';
import type { ExperimentDeployment } from '../../../src/domain/orchestrator-wire.ts';
import type { ExperimentWrite } from '../../../src/ports/orchestrator.ts';
import type { DriverUnderTest, Named } from './driver-under-test.ts';

/** Of the test that runs. */
export interface Case {
  readonly driver: DriverUnderTest;
  readonly serviceId: string;
  readonly stable: Named;
  readonly candidate: Named;
}

const UNITS = Array.from({ length: 200 }, (_, i) => `user-${i}`);
/** Of what is to stay for the length of a test, however slow the machine. */
const LEASE_MS = 600_000;
const THIRD: Named = { model: 'gpt-4o-mini' };

export function experimentCases(serves: boolean, now: () => Case): void {
  it.runIf(!serves)('serves no experiment, and says so', () => {
    const { orchestrator } = now().driver;
    expect(orchestrator.capabilities.experimentArms).toBeUndefined();
    expect(orchestrator).not.toHaveProperty('setExperiment');
  });

  describe.runIf(serves)('an experiment', () => {
    const deployment = (more: Partial<ExperimentDeployment> = {}): ExperimentDeployment => ({
      id: 'experiment/models',
      salt: 'salt-1',
      exposed_pct: 100,
      arms: [
        { id: 'control', weight: 0.5, configuration: now().stable },
        { id: 'other', weight: 0.3, configuration: now().candidate },
        { id: 'small', weight: 0.2, configuration: THIRD },
      ],
      ...more,
    });
    const pair = (generation: number, revision: number) => ({
      serviceId: now().serviceId,
      generation,
      revision,
      idempotencyKey: `experiment/${now().serviceId}/${generation}/${revision}`,
    });
    const set = async (
      generation: number,
      revision: number,
      more: Partial<ExperimentDeployment> = {},
      leaseMs = LEASE_MS,
    ) => {
      const write: ExperimentWrite = { ...pair(generation, revision), experiment: deployment(more), leaseMs };
      const live = await now().driver.orchestrator.setExperiment?.(write);
      if (!live) throw new Error('the driver has no setExperiment');
      return live;
    };
    const served = async (units: readonly string[]): Promise<readonly string[]> => {
      const { driver, serviceId } = now();
      if (!driver.servedTo) throw new Error('the driver under test has no servedTo');
      return driver.servedTo(serviceId, units);
    };
    /** What the rule of the contract says, by model. */
    const foretold = (units: readonly string[], experiment: ExperimentDeployment): readonly string[] =>
      units.map((unit) => {
        const assigned = assignExperiment(experiment, now().serviceId, unit);
        const arm = experiment.arms.find(({ id }) => assigned.kind !== 'outside' && id === assigned.armId);
        return (arm?.configuration ?? now().stable)['model'] ?? '';
      });

    it('gives each unit the arm that the rule foretells, while its share rises and its weights change', async () => {
      const { orchestrator } = now().driver;
      expect(orchestrator.capabilities.experimentArms).toBeGreaterThanOrEqual(10);
      const forced = { [UNITS[0] ?? '']: 'small', [UNITS[1] ?? '']: 'other' };
      const weighted = deployment().arms.map((arm, i) => ({ ...arm, weight: [0.2, 0.3, 0.5][i] ?? 0 }));
      const changes = [{ exposed_pct: 20, forced }, { forced }, { arms: weighted, forced }];
      const seen: (readonly string[])[] = [];
      for (const [i, more] of changes.entries()) {
        const live = await set(2, i + 1, more);
        expect(live).toMatchObject({
          strategy: 'EXPERIMENT',
          candidate: null,
          weight_pct: 0,
          generation: 2,
          revision: i + 1,
          experiment: { ...deployment(more), generation: 2 },
        });
        expect(await orchestrator.read(now().serviceId)).toEqual(live);
        const models = await served(UNITS);
        expect(models).toEqual(foretold(UNITS, deployment(more)));
        seen.push(models);
      }
      const [few = [], all = [], after = []] = seen;
      expect([few[0], few[1]]).toEqual([THIRD.model, now().candidate.model]);
      const moved = few.filter((model, i) => model !== now().stable.model && all[i] !== model);
      expect(moved).toEqual([]);
      const share = (models: readonly string[], model: string): number =>
        models.slice(2).filter((each) => each === model).length / (models.length - 2);
      for (const [models, model, weight] of [
        [all, now().stable.model, 0.5],
        [all, THIRD.model, 0.2],
        [after, THIRD.model, 0.5],
      ] as const) {
        const error = Math.sqrt((weight * (1 - weight)) / (UNITS.length - 2));
        expect(Math.abs(share(models, model) - weight)).toBeLessThan(5.1 * error);
      }
    });

    it('is over when its lease is: everybody is served stable', async () => {
      const { orchestrator } = now().driver;
      const endsNotBeforeMs = Date.now() + 1_000;
      const { lease_expires_at } = await set(2, 1, {}, 1_000);
      await expect
        .poll(async () => (await orchestrator.read(now().serviceId)).experiment ?? null, {
          timeout: 60_000,
          interval: 50,
        })
        .toBeNull();
      // An answer that took longer than the lease names no end any more.
      expect(Date.now()).toBeGreaterThanOrEqual(lease_expires_at ?? endsNotBeforeMs);
      expect(await orchestrator.read(now().serviceId)).toMatchObject({
        generation: 2,
        revision: 1,
        candidate: null,
        lease_expires_at: null,
        last_change: { kind: 'leaseExpired' },
      });
      expect(new Set(await served(UNITS.slice(0, 50)))).toEqual(new Set([now().stable.model]));
    });

    it('is fenced like any write, and a rollback, a candidate and a new stable end it', async () => {
      const { driver, serviceId, candidate, stable } = now();
      const { orchestrator } = driver;
      const first = await set(5, 3);
      expect(await set(5, 3)).toMatchObject({ revision: 3, experiment: first.experiment });
      const stale = { type: 'StaleGeneration', final: true };
      await expect(set(5, 2)).rejects.toMatchObject(stale);
      await expect(set(5, 3, { exposed_pct: 50 })).rejects.toMatchObject(stale);
      await expect(set(4, 9)).rejects.toThrow(/generation 4, revision 9.*generation 5, revision 3/u);
      const alone = { candidate: null, stable: first.stable };
      const back = await orchestrator.removeCandidate({ ...pair(5, 4), reason: 'enough' });
      expect(back).toMatchObject({ ...alone, last_change: { kind: 'rolledBack' } });
      expect(back.experiment ?? null).toBeNull();
      await set(6, 1);
      const tried = await orchestrator.setCandidate({
        ...pair(7, 1),
        configuration: candidate,
        weightPct: 10,
        leaseMs: LEASE_MS,
      });
      expect([tried.experiment ?? null, tried.weight_pct]).toEqual([null, 10]);
      const again = await set(8, 1);
      expect([again.candidate, again.weight_pct, again.experiment?.generation]).toEqual([null, 0, 8]);
      const promoted = await orchestrator.setStable({ ...pair(9, 1), configuration: stable });
      expect(promoted.experiment ?? null).toBeNull();
      expect(await orchestrator.read(serviceId)).toEqual(promoted);
    });

    it('that cannot be served whole is refused by field, and nothing of it is applied', async () => {
      const { driver, serviceId, stable, candidate } = now();
      const { configuration, problem } = driver.unservable;
      const before = await driver.orchestrator.read(serviceId);
      const [control, other] = deployment().arms;
      if (!control || !other) throw new Error('two arms');
      const wrong: readonly (readonly [Partial<ExperimentDeployment>, RegExp])[] = [
        [
          { arms: [control, { ...other, weight: 0.5, configuration }] },
          new RegExp(`arms\\[1\\]\\.configuration(?:\\.${problem.field})?:`, 'u'),
        ],
        [{ arms: [control, { ...other, weight: 0.6 }] }, /weights that sum to 1/u],
        [{ arms: [control, { ...other, weight: 0.5, id: 'stable' }] }, /arms\[1\]\.id.*stable/u],
        [{ arms: [{ ...control, weight: 1 }] }, /at least two arms/u],
        [
          {
            arms: [
              { ...control, configuration: candidate },
              { ...other, weight: 0.5 },
            ],
          },
          /what is stable/u,
        ],
        [{ forced: { ada: 'nobody' } }, /forced\.ada.*nobody/u],
        [{ id: 'prüfung 1' }, /experiment\.id.*printable ASCII/u],
      ];
      for (const [more, message] of wrong) {
        const refused = set(9, 1, more);
        await expect(refused).rejects.toMatchObject({ type: 'OrchestratorRejected', final: true });
        await expect(refused).rejects.toThrow(message);
      }
      const {
        generation,
        revision,
        experiment = null,
        stable: live,
      } = await driver.orchestrator.read(serviceId);
      expect({ generation, revision, experiment, model: live.configuration['model'] }).toEqual({
        generation: before.generation,
        revision: before.revision,
        experiment: null,
        model: stable.model,
      });
    });
  });
}
