/**
 * What every driver must survive, tried on each of them: a gateway that answers 200 and serves the old weights for a while, a write that
 * a concurrent editor undoes, a restart, weights that would be cut to nothing, replicas that disagree, 401 and 500.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { foldExposures, startShareGate, type ShareGate } from '../../../src/analysis/index.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { DriverStart, DriverUnderTest, Named } from './driver-under-test.ts';
import { drivers, USUAL } from './drivers.ts';

const BLOCK_MS = 1_000;
const BLOCK_REQUESTS = 60;

/** A driver, one service after another, and the writes of a rollout on it. */
function underTest(start: DriverStart['start']) {
  let driver: DriverUnderTest;
  let named: { readonly stable: Named; readonly candidate: Named } = USUAL;
  let tests = 0;
  beforeAll(async () => {
    driver = await start();
    named = driver.configurations ?? USUAL;
  });
  afterAll(() => driver.close());
  beforeEach(() => driver.createService(`bot-${++tests}`, named.stable));
  return {
    get driver() {
      return driver;
    },
    get serviceId() {
      return `bot-${tests}`;
    },
    get stable() {
      return named.stable;
    },
    get candidate() {
      return named.candidate;
    },
    candidateWrite: (revision: number, weightPct: number) => ({
      serviceId: `bot-${tests}`,
      generation: 2,
      revision,
      idempotencyKey: `rollout/bot-${tests}/2/${revision}`,
      configuration: named.candidate,
      weightPct,
      leaseMs: 600_000,
    }),
  };
}

describe.each(drivers)('the $name driver', ({ start }) => {
  const at = underTest(start);

  it('answers 200 and serves the old weights for a minute: the clock of the step starts when the traffic moved', async () => {
    const ofCandidate = async () =>
      (await at.driver.answers(at.serviceId, BLOCK_REQUESTS)).get(at.candidate.model) ?? 0;
    const old = await ofCandidate();
    await at.driver.orchestrator.setCandidate(at.candidateWrite(1, 25));
    expect(await at.driver.orchestrator.read(at.serviceId)).toMatchObject({ weight_pct: 25 });
    let gate: ShareGate = startShareGate({ weightPct: 25, beforePct: 0, setAtMs: 0, convergeMs: 300_000 });
    const fold = (no: number, candidate: number): void => {
      const [startMs, endMs] = [no * BLOCK_MS, (no + 1) * BLOCK_MS];
      gate = foldExposures(gate, { no, startMs, endMs, stable: BLOCK_REQUESTS - candidate, candidate });
    };
    for (let no = 0; no < 60; no++) fold(no, old);
    expect(gate.movedAtMs).toBeNull();
    for (let no = 60; no < 66; no++) fold(no, await ofCandidate());
    expect(gate.movedAtMs).toBeGreaterThanOrEqual(60 * BLOCK_MS);
    expect(gate.mismatch).toBe(false);
  });

  it('loses a write to somebody who edits at the same time: the next one is refused, and what they set stays', async () => {
    const { orchestrator } = at.driver;
    await orchestrator.setCandidate(at.candidateWrite(1, 5));
    await at.driver.byHand(at.serviceId, 80);
    await expect(orchestrator.setCandidate(at.candidateWrite(2, 25))).rejects.toMatchObject({
      type: 'StaleGeneration',
      final: true,
    });
    expect(await orchestrator.read(at.serviceId)).toMatchObject({ weight_pct: 80 });
  });

  it('a weight that it would cut is refused by name before anything is written, or served as said', async () => {
    const { orchestrator } = at.driver;
    const before = await orchestrator.read(at.serviceId);
    const asked = 0.4 * orchestrator.capabilities.smallestWeightPct;
    const outcome = await orchestrator.setCandidate(at.candidateWrite(1, asked)).then(
      (live) => `served at ${live.weight_pct}`,
      (error: unknown) => String(error),
    );
    const after = await orchestrator.read(at.serviceId);
    const refused = after.candidate === null && after.revision === before.revision;
    expect(outcome).toMatch(
      refused ? /weightPct: 0\.\d+ is given/u : new RegExp(`^served at ${asked}$`, 'u'),
    );
    expect(after.weight_pct).toBe(refused ? 0 : asked);
  });
});

/** Over a network that can be made to fail. */
describe.each(drivers.filter(({ network }) => network))(
  'the $name driver, over a bad network:',
  ({ start }) => {
    const at = underTest(start);
    const through = async () => {
      const found = await at.driver.faulty?.();
      if (!found) throw new Error('this driver has no network to make fail');
      return found;
    };

    it('a restart: what is written meanwhile fails as to be tried again, and the same write succeeds afterwards', async () => {
      const { orchestrator, gateway } = await through();
      await orchestrator.setCandidate(at.candidateWrite(1, 5));
      gateway.set('gap');
      const meanwhile = orchestrator.setCandidate(at.candidateWrite(2, 25));
      await expect(meanwhile).rejects.toMatchObject({ type: 'OrchestratorUnavailable', final: false });
      await expect(orchestrator.read(at.serviceId)).rejects.toMatchObject({ final: false });
      gateway.set('none');
      expect(await orchestrator.setCandidate(at.candidateWrite(2, 25))).toMatchObject({ weight_pct: 25 });
      await gateway.close();
    });

    it('replicas that disagree: the write counts once it is read back, and it is never taken for somebody else', async () => {
      const { orchestrator, gateway } = await through();
      await orchestrator.setCandidate(at.candidateWrite(1, 5));
      await orchestrator.read(at.serviceId);
      gateway.set('disagreeing');
      // As an activity does: writes, reads back, and tries again while that may help.
      const attempt = async (): Promise<boolean> => {
        try {
          await orchestrator.setCandidate(at.candidateWrite(2, 50));
          return (await orchestrator.read(at.serviceId)).weight_pct === 50;
        } catch (error) {
          if (error instanceof Failure && !error.final) return false;
          throw error;
        }
      };
      await expect.poll(attempt, { timeout: 60_000, interval: 1 }).toBe(true);
      gateway.set('none');
      expect(await orchestrator.read(at.serviceId)).toMatchObject({
        generation: 2,
        revision: 2,
        weight_pct: 50,
      });
      await gateway.close();
    });

    it.each([
      ['unauthorized', 'Unauthorized', true],
      ['broken', 'OrchestratorUnavailable', false],
    ] as const)('%s: every call fails as %s, and nothing is written', async (fault, type, final) => {
      const { orchestrator, gateway } = await through();
      gateway.set(fault);
      const calls = [
        () => orchestrator.read(at.serviceId),
        () => orchestrator.setCandidate(at.candidateWrite(1, 5)),
        () => orchestrator.setStable({ ...at.candidateWrite(1, 5), configuration: at.stable }),
        () => orchestrator.removeCandidate({ ...at.candidateWrite(1, 5), reason: 'x' }),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ type, final });
      expect(gateway.written()).toBe(0);
      await gateway.close();
    });
  },
);
