/** What a tick of an experiment waits for and judges, where no gateway serves its arms and the store is slow. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ActivityPorts } from '../../../activities/index.ts';
import { hashOf } from '../../../activities/hash-of.ts';
import { prePeriodKept, prePeriodOf } from '../../../activities/experiments/pre-period.ts';
import { experimentTick } from '../../../activities/experiments/tick.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { endsAtMs } from '../../../src/state/experiment/index.ts';
import { ADMITTED_AT_MS, experimentAdmitted, HOUR_MS } from '../../support/experiment.ts';
import { ExperimentPlay } from '../../support/experiment-run.ts';
import { experimentWrite } from '../../../workflows/experiment-write.ts';

const WORKFLOW = 'experiment/support-bot';
const holder = { workflowId: WORKFLOW, firstRunId: 'run', runId: 'run' };
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const nothing = () => Promise.resolve();

const leaseRanOut: LiveConfiguration = {
  service_id: 'support-bot',
  generation: 2,
  revision: 1,
  stable: { generation: 1, configuration: { model: 'old' } },
  candidate: null,
  experiment: null,
  weight_pct: 0,
  lease_expires_at: null,
  last_change: { kind: 'leaseExpired', at: ADMITTED_AT_MS, by: 'gateway', reason: 'the lease ran out' },
} as object as LiveConfiguration;

const DAY = 86_400_000;

describe('a tick of an experiment', () => {
  const ticking = async (judge: boolean, clockMs: number) => {
    const looked: unknown[] = [];
    const needed = {
      hash,
      nowMs: () => clockMs,
      orchestratorFor: () => ({ read: () => Promise.resolve(leaseRanOut) }),
      leases: { current: () => Promise.resolve({ holder, generation: 2 }) },
      services: { get: () => Promise.resolve(null) },
      experimentWindows: {
        experimentWindows: (asked: unknown) => {
          looked.push(asked);
          return Promise.resolve([]);
        },
      },
      experiments: { upsert: nothing },
      audit: { append: nothing },
      decisions: { append: nothing },
    };
    const request = { ...experimentWrite(WORKFLOW, state), holder, state, dueAtMs: 0 };
    const tick = await experimentTick(needed as object as ActivityPorts, { ...request, judge });
    return { looked, tick };
  };
  const stableHash = hashOf({ hash }, leaseRanOut.stable.configuration);
  const { state } = new ExperimentPlay(experimentAdmitted({ stableHash })).until(
    (_, { state: { served } }) => served === 'yes',
  );

  it('judges a look that is due before anybody serves arms again that are gone', async () => {
    const { looked, tick } = await ticking(true, ADMITTED_AT_MS + HOUR_MS);
    expect(tick).toMatchObject({ live: 'leaseLost', judged: { verdict: { outcome: 'running' } } });
    expect(looked).toHaveLength(1);
  });

  it('that was only to renew, and comes when the longest duration is over, looks: none follows it', async () => {
    expect((await ticking(false, endsAtMs(state) - 1)).tick.judged).toBeNull();
    const { tick } = await ticking(false, endsAtMs(state));
    expect(tick).toMatchObject({ judged: { conclusion: { outcome: 'expired' } } });
  });
});

describe('what a write may say of arms that nobody serves', () => {
  const playing = () =>
    new ExperimentPlay(experimentAdmitted()).until((_, { state: { looks } }) => looks === 1);
  const began = (play: ExperimentPlay) =>
    play.happens({ kind: 'writeStarted', atMs: play.nowMs, arms: true });
  const says = ({ state }: ExperimentPlay) => experimentWrite(WORKFLOW, state).leftNothing ?? false;

  it('is that it left nothing, of arms that it had taken away itself', () => {
    const paused = playing();
    paused.sends('pause');
    paused.until(({ kind }) => kind === 'wait');
    paused.sends('resume');
    expect(paused.next.kind).toBe('setArms');
    expect(says(began(paused))).toBe(true);
    paused.happens({ kind: 'armsNotSet', atMs: paused.nowMs, why: 'the gateway is away' });
    expect(says(began(paused))).toBe(true);
    paused.until(({ kind }) => kind === 'wait');
    expect(says(paused)).toBe(false);
  });

  it('is nothing of the kind, of arms that were there when the write began: a reset must not bring them back', () => {
    expect(says(began(playing()))).toBe(false);
    const first = new ExperimentPlay(experimentAdmitted());
    expect(says(began(first))).toBe(false);
  });

  it('paused while its first write was on the way, it left nothing either', () => {
    const paused = began(new ExperimentPlay(experimentAdmitted()));
    paused.sends('pause');
    paused.until(({ kind }) => kind === 'wait');
    paused.sends('resume');
    expect(says(began(paused))).toBe(true);
  });
});

describe('what is known of the units from before', () => {
  const { state } = new ExperimentPlay(experimentAdmitted());
  const asked = (prePeriod: () => Promise<never>, longestMs?: number) =>
    prePeriodOf({ experimentWindows: { prePeriod } }, state, longestMs);

  it.each([
    [
      'as much as raw events tell',
      3,
      7,
      'raw events are kept for 7d: of the 14 days before the start 4 are known',
    ],
    [
      'nothing once they are gone',
      8,
      7,
      'raw events are kept for 7d: of the 14 days before the start 0 are known',
    ],
    ['all of it while they are kept', 7, 21, null],
  ])('is %s', (_what, days, raw, told) => {
    const startedAtMs = 1_000 * DAY;
    expect(prePeriodKept({ ...state, startedAtMs }, startedAtMs + days * DAY, raw * DAY)).toBe(told);
  });

  it('is not waited for, and its failure is no failure of the look', async () => {
    const never = () => new Promise<never>(() => undefined);
    expect(await asked(never, 5)).toEqual({ kind: 'left', why: 'not there within 5 ms' });
    expect(await asked(() => Promise.reject(new Error('the store is away')))).toEqual({
      kind: 'left',
      why: 'Error: the store is away',
    });
  });
});
