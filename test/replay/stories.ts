/** The runs that are recorded: one for every workflow type, and every way a rollout or an experiment ends. */
import type { WorkflowHandle } from '@temporalio/client';
import type { WatchInput } from '../../activities/index.ts';
import { startEvidence } from '../../src/analysis/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import type { ExperimentPlan } from '../../src/state/experiment/index.ts';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { GUARDRAILS, SHADOW_PLAN } from '../support/rollout.ts';
import type { Temporal } from '../workflow/support/environment.ts';
import type { World } from '../workflow/support/world.ts';

/** In real time and short: two looks a step. */
const PLAN: Partial<RolloutPlan> = {
  lookMs: 300,
  soakMs: 500,
  leaseMs: 60_000,
  watchMs: 0,
  guardrails: GUARDRAILS,
};
const SLOW: Partial<RolloutPlan> = { ...PLAN, soakMs: 60_000, lookMs: 60_000, leaseMs: 600_000 };
/** Ticks that look at every second one. */
const EXPERIMENT: Partial<ExperimentPlan> = {
  tickMs: 100,
  lookMs: 200,
  leaseMs: 60_000,
  maxDurationMs: 3_600_000,
};
const BACKUP = { model: 'spare', hash: 'backup-hash' };
const ANOMALY = { anomaly_type: 'quality_drop', severity: 'high', affected_services: [] };
const ROLLBACK = { by: 'oncall', reason: 'complaints' };

/** Plays a story to its end; the handle's history is what is kept. Names are the files' names. */
type Story = (temporal: Temporal, world: World) => Promise<WorkflowHandle>;

const soaking = async (temporal: Temporal, world: World): Promise<WorkflowHandle> => {
  const handle = await temporal.rollout(world);
  await temporal.until(handle, (state) => state.phase === 'soaking');
  return handle;
};

export const STORIES: Readonly<Record<string, Story>> = {
  'rollout-promoted': async (temporal, world) => {
    world.plan = PLAN;
    return temporal.rollout(world);
  },
  'rollout-rolled-back-by-signal': async (temporal, world) => {
    world.plan = SLOW;
    const handle = await soaking(temporal, world);
    await handle.signal('rollbak', ROLLBACK);
    await handle.signal('rollback', { by: 'oncall' });
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'rollout-rolled-back-while-applying': async (temporal, world) => {
    world.plan = SLOW;
    const hang = world.hangAt('setWeight');
    const handle = await temporal.rollout(world);
    await hang.reached;
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
    hang.release();
    return handle;
  },
  'rollout-rolled-back-by-harm': async (temporal, world) => {
    world.plan = PLAN;
    world.verdict = (look) => (look < 4 ? 'healthy' : 'harm');
    return temporal.rollout(world);
  },
  'rollout-approved-paused-and-promoted-by-hand': async (temporal, world) => {
    world.plan = { ...SLOW, approval: 'beforeStart', steps: [50, 100] };
    const handle = await temporal.rollout(world);
    await temporal.until(handle, (state) => state.phase === 'awaitingApproval');
    await handle.signal('approve', { by: 'ann' });
    await temporal.until(handle, (state) => state.phase === 'soaking');
    await handle.signal('pause', { by: 'ann', reason: 'release day' });
    await handle.executeUpdate('resume', { args: [{ by: 'ann' }] });
    await handle.executeUpdate('promote', { args: [{ by: 'ann', reason: 'seen enough' }] });
    await temporal.until(handle, (state) => state.phase === 'soaking' && state.stepIndex === 1);
    await handle.signal('promote', { by: 'ann', reason: 'seen enough' });
    return handle;
  },
  'rollout-lease-lost': async (temporal, world) => {
    world.plan = { ...PLAN, steps: [50, 100] };
    world.live = (look) => (look === 1 ? 'leaseLost' : 'ours');
    world.verdict = (look) => (look === 3 ? 'bothHurt' : 'healthy');
    const handle = await temporal.rollout(world);
    await temporal.until(handle, (state) => state.held?.by !== undefined);
    await handle.signal('resume', { by: 'ann' });
    return handle;
  },
  'rollout-cancelled': async (temporal, world) => {
    world.plan = SLOW;
    const handle = await soaking(temporal, world);
    await handle.cancel();
    return handle;
  },
  'rollout-superseded': async (temporal, world) => {
    world.plan = SLOW;
    const handle = await soaking(temporal, world);
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'rollout-refused': async (temporal, world) =>
    temporal.start('canaryRollout', `rollout/${world.serviceId}`, {
      serviceId: world.serviceId,
      steps: [50, 5],
    }),
  'rollout-watched': async (temporal, world) => {
    world.plan = { ...PLAN, steps: [50, 100], watchMs: 3_600_000 };
    return temporal.rollout(world);
  },
  'rollout-switched-blue-green': async (temporal, world) => {
    world.plan = { ...PLAN, strategy: 'blueGreen', steps: [100], forced: true };
    return temporal.rollout(world);
  },
  'rollout-immediate': async (temporal, world) => {
    world.plan = { ...PLAN, strategy: 'immediate', steps: [100], soakMs: 0 };
    return temporal.rollout(world);
  },
  'rollout-superseding': async (temporal, world) => {
    world.plan = SLOW;
    const other = await temporal.start('canaryRollout', `another/${world.serviceId}`, {
      serviceId: world.serviceId,
      change: { model: 'theirs' },
    });
    await temporal.until(other, (state) => state.phase === 'soaking');
    world.holder = { workflowId: other.workflowId, firstRunId: 'first', runId: 'run' };
    const handle = await temporal.rollout(world, { onConflict: 'supersede', by: 'ann' });
    await other.result();
    world.holder = null;
    await temporal.until(handle, (state) => state.phase === 'soaking');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'rollout-replaced': async (temporal, world) => {
    world.plan = SLOW;
    const handle = await soaking(temporal, world);
    const { runId } = await handle.describe();
    await handle.signal('replace', { by: 'bob', change: { model: 'other' }, reason: 'a fix' });
    await temporal.until(handle, (state) => state.startedBy === 'bob' && state.phase === 'soaking');
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
    return temporal.client.workflow.getHandle(handle.workflowId, runId);
  },
  'rollout-on-backup-and-back': async (temporal, world) => {
    world.plan = { ...PLAN, steps: [50, 100], leaseMs: 900, backup: BACKUP };
    const handle = await soaking(temporal, world);
    await handle.signal('anomaly', { ...ANOMALY, severity: 'medium', id: 'a1' });
    await handle.signal('anomaly', { ...ANOMALY, id: 'a2' });
    await temporal.until(handle, (state) => state.backup?.stage === 'served');
    await temporal.until(handle, () => world.calls.filter((call) => call === 'routeToBackup').length > 2);
    await handle.signal('resume', { by: 'ann' });
    return handle;
  },
  'rollout-rolled-back-from-backup': async (temporal, world) => {
    world.plan = { ...PLAN, notify: [{ webhook: 'http://127.0.0.1:1/hook', on: ['held'] }], backup: BACKUP };
    world.verdict = (look) => (look < 2 ? 'healthy' : 'bothHurt');
    const handle = await temporal.rollout(world);
    await temporal.until(handle, (state) => state.backup?.stage === 'served');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'rollout-backup-refused': async (temporal, world) => {
    world.plan = { ...SLOW, backup: BACKUP };
    world.failAt('routeToBackup', 'OrchestratorRejected');
    const handle = await soaking(temporal, world);
    await handle.signal('anomaly', ANOMALY);
    await temporal.until(handle, (state) => state.held !== null && state.phase === 'soaking');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'cycle-to-the-backup-route': async (temporal, { serviceId }) =>
    temporal.client.workflow.signalWithStart('optimizationCycle', {
      taskQueue: TASK_QUEUE,
      workflowId: `cycle/${serviceId}`,
      args: [{ serviceId, trigger: 'event' }],
      signal: 'anomaly',
      signalArgs: [{ ...ANOMALY, severity: 'critical' }],
    }),
  'rollout-shadowed-then-promoted': async (temporal, world) => {
    world.plan = { ...PLAN, steps: [50, 100], shadow: SHADOW_PLAN };
    world.live = (look) => (look === 2 ? 'leaseLost' : 'ours');
    world.verdict = (look) => (look < 4 ? 'inconclusive' : 'healthy');
    return temporal.rollout(world);
  },
  'rollout-shadow-alone': async (temporal, world) => {
    world.plan = { ...PLAN, shadow: { ...SHADOW_PLAN, only: true } };
    return temporal.rollout(world);
  },
  'rollout-shadow-harmed': async (temporal, world) => {
    world.plan = { ...PLAN, shadow: SHADOW_PLAN };
    world.verdict = (look) => (look < 3 ? 'inconclusive' : 'harm');
    return temporal.rollout(world);
  },
  'experiment-graduated': async (temporal, world) => {
    world.experiment = { ...EXPERIMENT, approval: 'both' };
    world.plan = { ...PLAN, steps: [50, 100] };
    world.finds = (look) => (look < 2 ? 'undecided' : 'winner');
    const handle = await temporal.experiment(world);
    await temporal.until<{ phase: string }>(handle, ({ phase }) => phase === 'awaitingApproval');
    await handle.signal('approve', { by: 'ann' });
    await temporal.until<{ phase: string }>(handle, ({ phase }) => phase === 'awaitingGraduation');
    await handle.executeUpdate('approve', { args: [{ by: 'ann' }] });
    return handle;
  },
  'experiment-winner-refused': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    world.finds = () => 'winner';
    world.failAt('admitRollout', 'PolicyDenied');
    return temporal.experiment(world);
  },
  'experiment-harmed': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    world.serves = (tick) => (tick === 2 ? 'leaseLost' : 'ours');
    world.finds = (look) => (look < 2 ? 'undecided' : 'harm');
    return temporal.experiment(world);
  },
  'experiment-paused-and-rolled-back': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    const handle = await temporal.experiment(world);
    await served(temporal, handle, 'yes');
    await handle.signal('stopp', ROLLBACK);
    await handle.signal('setAllocation', { by: 'ann', reason: 'fewer', exposedPct: 20 });
    await temporal.until<{ periods: readonly unknown[] }>(handle, ({ periods }) => periods.length === 2);
    await handle.signal('pause', { by: 'ann', reason: 'release day' });
    await served(temporal, handle, 'no');
    await handle.executeUpdate('resume', { args: [{ by: 'ann' }] });
    await served(temporal, handle, 'yes');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'experiment-rolled-back-while-starting': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    const hang = world.hangAt('setArms');
    const handle = await temporal.experiment(world);
    await hang.reached;
    await handle.signal('rollback', ROLLBACK);
    await handle.result();
    hang.release();
    return handle;
  },
  'experiment-expired': async (temporal, world) => {
    world.experiment = { ...EXPERIMENT, maxDurationMs: 1_500 };
    world.failAt('experimentTick', 'StoreUnavailable', 3);
    return temporal.experiment(world);
  },
  'experiment-cancelled': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    const handle = await temporal.experiment(world);
    await served(temporal, handle, 'yes');
    await handle.cancel();
    return handle;
  },
  'experiment-superseded': async (temporal, world) => {
    world.experiment = EXPERIMENT;
    const handle = await temporal.experiment(world);
    await served(temporal, handle, 'yes');
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    return handle;
  },
  'experiment-superseding': async (temporal, world) => {
    world.plan = SLOW;
    world.experiment = EXPERIMENT;
    const other = await soaking(temporal, world);
    world.holder = { workflowId: other.workflowId, firstRunId: 'first', runId: 'run' };
    const handle = await temporal.experiment(world, { onConflict: 'supersede', by: 'ann' });
    await other.result();
    world.holder = null;
    await served(temporal, handle, 'yes');
    await handle.signal('stop', { by: 'ann', reason: 'seen enough' });
    return handle;
  },
  'experiment-refused': async (temporal, world) =>
    temporal.start('abExperiment', `experiment/${world.serviceId}`, { serviceId: world.serviceId }),
  'cycle-idle': async (temporal, world) => cycle(temporal, world),
  'cycle-with-an-experiment': async (temporal, world) => {
    world.assessment = { kind: 'experiment' };
    return cycle(temporal, world);
  },
  'cycle-deploying': async (temporal, world) => {
    world.plan = { ...PLAN, steps: [50, 100] };
    world.assessment = { kind: 'deploy' };
    return cycle(temporal, world);
  },
  'cycle-rolled-back': async (temporal, world) => {
    world.plan = SLOW;
    world.assessment = { kind: 'deploy' };
    const handle = await cycle(temporal, world);
    await temporal.until<{ phase: string }>(handle, ({ phase }) => phase === 'MONITORING');
    await handle.signal('rollback', ROLLBACK);
    return handle;
  },
  'restore-with-a-holder': async (temporal, world) => {
    world.plan = SLOW;
    const rollout = await soaking(temporal, world);
    world.holder = { workflowId: rollout.workflowId, firstRunId: 'first', runId: 'run' };
    return restore(temporal, world);
  },
  'restore-alone': async (temporal, world) => restore(temporal, world),
  'restore-that-tells': async (temporal, world) => {
    world.notify = [{ webhook: 'http://127.0.0.1:1/hook', on: ['rolledBack'] }];
    return restore(temporal, world);
  },
  'rollout-rejected-before-its-first-write': async (temporal, world) => {
    world.plan = { ...SLOW, approval: 'beforeStart' };
    const handle = await temporal.rollout(world);
    await temporal.until(handle, (state) => state.phase === 'awaitingApproval');
    await handle.signal('reject', { by: 'ann', reason: 'not now' });
    return handle;
  },
  'watch-closed': async (temporal, world) => watch(temporal, world),
  'watch-reverted': async (temporal, world) => {
    world.watch = (look) => (look < 2 ? 'well' : 'revert');
    return watch(temporal, world);
  },
  'watch-reverted-after-a-restore': async (temporal, world) => {
    const { serviceId } = world;
    world.gateway.setStable({ generation: 2, revision: 1 }, 'promoted');
    const hang = world.hangAt('restoreStable');
    await temporal.start('restoreConfiguration', `restore/${serviceId}`, {
      serviceId,
      to: 'stable',
      ...ROLLBACK,
    });
    await hang.reached;
    const handle = await watch(temporal, world, { candidateHash: 'promoted', stableGeneration: 1 });
    await handle.signal('rollback', ROLLBACK);
    await temporal.until(handle, () => world.calls.includes('promotionServed'));
    hang.release();
    return handle;
  },
  'unknown-type': async (temporal, { serviceId }) =>
    temporal.start('cannaryRollout', `rollout/${serviceId}`, {}),
  sweep: async (temporal) => temporal.start('fleetSweep', 'fleet-sweep'),
  maintenance: async (temporal, world) => {
    const left = new Map([['windows', 2]]);
    world.upkeep = (step) => {
      left.set(step, (left.get(step) ?? 0) - 1);
      return { count: 5, more: (left.get(step) ?? 0) > 0 };
    };
    return temporal.start('maintenance', 'maintenance', { notes: '14d', by: 'ann' });
  },
};

const served = async (temporal: Temporal, handle: WorkflowHandle, wanted: 'yes' | 'no'): Promise<void> => {
  await temporal.until<{ served?: string }>(handle, (state) => state.served === wanted);
};

const cycle = (temporal: Temporal, { serviceId }: World) =>
  temporal.start('optimizationCycle', `cycle/${serviceId}`, { serviceId });

const restore = (temporal: Temporal, { serviceId }: World) =>
  temporal.start('restoreConfiguration', `restore/${serviceId}`, { serviceId, to: 'previous', ...ROLLBACK });

const watch = (temporal: Temporal, { serviceId }: World, more: Partial<WatchInput> = {}) =>
  temporal.start('promotionWatch', `watch/${serviceId}/2`, {
    serviceId,
    target: { driver: 'rest', url: 'http://127.0.0.1:1' },
    generation: 2,
    watchMs: 1_000,
    lookMs: 20,
    blockMs: 20,
    matureAfterMs: 0,
    minSamples: 200,
    guardrails: GUARDRAILS,
    constraints: {},
    lastWeightPct: 50,
    evidence: startEvidence(GUARDRAILS, [50, 100]),
    ...more,
  });
