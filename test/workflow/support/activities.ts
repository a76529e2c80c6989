/** The activities of the workflow tests: those of the product by name, type and failure, over the worlds of the tests. */
import type { Activities, Assessment, ControlActivities } from '../../../activities/index.ts';
import { withCompensationFailures, withFailures } from '../../../activities/failures.ts';
import { startEvidence, startShadowEvidence } from '../../../src/analysis/index.ts';
import { durationMs } from '../../../src/domain/duration.ts';
import { NOTICE_KINDS, type Notice } from '../../../src/domain/notice.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { parseOrFail } from '../../../src/domain/validate.ts';
import {
  cycleInputSchema,
  restoreInputSchema,
  rolloutInputSchema,
} from '../../../src/domain/workflow-input.ts';
import { testLook, testPlan, testShadowLook } from '../../support/rollout.ts';
import { experimentActivities, experimentControl } from './experiment-activities.ts';
import { maintenanceActivities } from './maintenance-activities.ts';
import type { Place } from './place.ts';
import type { World } from './world.ts';

const NO_EVIDENCE = { evidence: startEvidence([], [100]), late: null, lateNo: 1, foldedTo: 0 };

/** What an emergency restore does before it writes: on the control queue, and still on the main one for runs of before. */
function restoreActivities({
  world,
  signalRollback,
}: Place): Pick<ControlActivities, 'prepareRestore' | 'tellHolder'> {
  return {
    prepareRestore: withFailures(async ({ input }) => {
      const { serviceId, to, takesBack, by, reason } = parseOrFail(
        restoreInputSchema,
        input,
        'input of restoreConfiguration',
      );
      const here = world(serviceId);
      await here.enter('prepareRestore');
      const target = { driver: 'rest', url: 'http://127.0.0.1:1' } as const;
      // While something is being tried `previous` is what is stable, as with the product.
      const isStable = to === 'stable' || (to === 'previous' && here.holder !== null);
      return {
        serviceId,
        target,
        generation: 1,
        hash: isStable ? here.gateway.stable : 'stable-hash',
        holder: here.holder,
        takesBack: takesBack ?? to === 'previous',
        by,
        reason,
        ...(here.notify && { notify: here.notify }),
      };
    }),

    tellHolder: withFailures(async ({ holder, by, reason }) => {
      await world(serviceIn(holder.workflowId)).enter('tellHolder');
      return signalRollback(holder.workflowId, { by, reason });
    }),
  };
}

export function mainActivities(place: Place): Activities {
  const { world, nowMs, signalRollback } = place;
  const restoring = restoreActivities(place);
  const known = (serviceId: string): World => {
    const found = world(serviceId);
    return found;
  };
  return {
    ...experimentActivities(place),
    ...maintenanceActivities(place),
    admitRollout: withFailures(async (request) => {
      const input = parseOrFail(rolloutInputSchema, request.input, 'input of canaryRollout');
      const here = known(input.serviceId);
      await here.enter('admitRollout');
      here.lease = request.holder.workflowId;
      const plan = testPlan({
        serviceId: input.serviceId,
        generation: here.gateway.generation + 1,
        stableHash: here.gateway.stable,
        candidateHash: `hash of ${input.change.model ?? 'the change'}`,
        requestedBy: input.by ?? request.parentWorkflowId ?? 'unnamed',
        reason: input.reason ?? 'asked for',
        admittedAtMs: await nowMs(),
        ...(input.steps ? { steps: input.steps } : {}),
        ...(input.soak === undefined ? {} : { soakMs: durationMs(input.soak) }),
        ...here.plan,
      });
      return {
        plan,
        evidence: startEvidence(plan.guardrails, plan.steps),
        ...(plan.shadow && { shadow: startShadowEvidence(plan.guardrails, false) }),
      };
    }),

    assess: withFailures(async ({ input }) => {
      const { serviceId } = parseOrFail(cycleInputSchema, input, 'input of optimizationCycle');
      const here = known(serviceId);
      await here.enter('assess');
      const found = { serviceId, reason: 'as the test says', observed: null };
      const { kind } = here.assessment;
      const variants = [{ id: 'control' }, { id: 'better', change: { model: 'better' } }];
      const experiment = { decisionId: 'as recorded', input: { serviceId, name: 'from-a-cycle', variants } };
      const assessment: Assessment =
        kind === 'nothingToDo'
          ? { ...found, kind }
          : kind === 'experiment'
            ? { ...found, kind, ...experiment }
            : { ...found, kind, change: { model: 'better' } };
      return assessment;
    }),

    describeChange: withFailures(async ({ workflowId }) => {
      const here = known(serviceIn(workflowId));
      await here.enter('describeChange');
      return here.ended;
    }),

    finishRollout: withFailures(async ({ state }) => {
      const here = known(state.plan.serviceId);
      await here.enter('finishRollout');
      here.finished = state;
      here.lease = null;
    }),

    makeRoom: withFailures(async ({ input, toldRunId }) => {
      const { serviceId, by } = parseOrFail(rolloutInputSchema, input, 'input of canaryRollout');
      const here = known(serviceId);
      await here.enter('makeRoom');
      const { holder } = here;
      if (holder === null) return { kind: 'free' };
      if (toldRunId === holder.firstRunId) return { kind: 'waits', holder, told: true };
      const told = await signalRollback(holder.workflowId, { by: by ?? 'unnamed', reason: 'superseded' });
      return { kind: 'waits', holder, told };
    }),

    notify: withFailures(async ({ notice }) => {
      const here = known(notice.serviceId);
      await here.enter('notify');
      here.notices.push(notice);
    }),

    look: withFailures(async (request) => {
      const here = known(request.serviceId);
      here.looks += 1;
      const number = here.looks;
      await here.enter('look');
      const { gateway } = here;
      gateway.read();
      if (gateway.generation !== request.generation) {
        throw new Failure('StaleGeneration', `generation ${gateway.generation} is live`);
      }
      const [atMs, live] = [await nowMs(), here.live(number)];
      if (live === 'leaseLost') gateway.expireLease();
      else {
        const { weightPct, plan } = request.state;
        gateway.setCandidate(request, request.candidateHash, weightPct, atMs + plan.leaseMs);
      }
      return testLook(request.state, atMs, here.verdict(number, request.state), live);
    }),

    prepareRestore: restoring.prepareRestore,

    renewLeaseRun: withFailures(async ({ serviceId }) => {
      await known(serviceId).enter('renewLeaseRun');
    }),

    retakeLease: withFailures(async (request) => {
      const here = known(request.serviceId);
      await here.enter('retakeLease');
      return { atMs: await nowMs(), generation: here.gateway.generation + 1 };
    }),

    startCycle: withFailures(async ({ serviceId }) => {
      await known(serviceId).enter('startCycle');
      return true;
    }),

    shadowLook: withFailures(async (request) => {
      const here = known(request.serviceId);
      here.looks += 1;
      const number = here.looks;
      await here.enter('shadowLook');
      const { gateway } = here;
      gateway.read();
      if (gateway.generation !== request.generation) {
        throw new Failure('StaleGeneration', `generation ${gateway.generation} is live`);
      }
      const [atMs, live] = [await nowMs(), here.live(number)];
      const { plan } = request.state;
      if (live === 'leaseLost') gateway.expireLease();
      else gateway.setShadow(request, request.candidateHash, plan.shadow?.copyPct ?? 0, atMs + plan.leaseMs);
      return testShadowLook(request.state, atMs, here.verdict(number, request.state), live);
    }),

    sweep: withFailures(async () => ({ services: 1, started: ['cycle/support-bot'] })),

    tellCycle: withFailures(async ({ serviceId }) => {
      await known(serviceId).enter('tellCycle');
    }),

    tellHolder: restoring.tellHolder,

    watchPromotion: withFailures(async ({ input, progress }) => {
      const here = known(input.serviceId);
      here.watchLooks += 1;
      const kind = here.watch(here.watchLooks);
      await here.enter('watchPromotion');
      return { kind, reason: `the watch says ${kind}`, evidence: progress ?? NO_EVIDENCE };
    }),
  };
}

export function controlActivities(place: Place): ControlActivities {
  const { world, nowMs } = place;
  return {
    ...restoreActivities(place),
    ...experimentControl(place),
    promotionServed: withFailures(async ({ input: { serviceId, generation, candidateHash } }) => {
      const here = world(serviceId);
      await here.enter('promotionServed');
      here.gateway.read();
      return candidateHash === undefined || here.gateway.stable === candidateHash
        ? { kind: 'served', generation }
        : { kind: 'gone', reason: `${here.gateway.stable} is stable now` };
    }),

    setWeight: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('setWeight');
      const atMs = await nowMs();
      const leaseExpiresAtMs = atMs + request.leaseMs;
      here.gateway.setCandidate(request, request.candidateHash, request.weightPct, leaseExpiresAtMs);
      return { atMs, weightPct: request.weightPct, leaseExpiresAtMs };
    }),

    setShadow: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('setShadow');
      const atMs = await nowMs();
      const leaseExpiresAtMs = atMs + request.leaseMs;
      here.gateway.setShadow(request, request.candidateHash, request.copyPct, leaseExpiresAtMs);
      return { atMs, leaseExpiresAtMs };
    }),

    promoteCandidate: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('promoteCandidate');
      here.gateway.setStable(request, request.candidateHash);
      return { atMs: await nowMs(), kind: 'promoted' as const };
    }),

    routeToBackup: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('routeToBackup');
      const atMs = await nowMs();
      const leaseExpiresAtMs = atMs + request.leaseMs;
      here.gateway.setCandidate(request, request.route.hash, 100, leaseExpiresAtMs);
      return { atMs, leaseExpiresAtMs };
    }),

    respondToIncident: withFailures(async ({ input, holder, anomaly }) => {
      const { serviceId } = parseOrFail(cycleInputSchema, input, 'input of optimizationCycle');
      const here = world(serviceId);
      await here.enter('respondToIncident');
      if (here.holder) {
        const { workflowId } = here.holder;
        return { kind: 'inFlight', serviceId, workflowId, reason: `${workflowId} holds the service` };
      }
      if (here.gateway.stable === 'backup-hash') return { kind: 'left', serviceId, reason: 'already there' };
      const generation = here.gateway.generation + 1;
      here.gateway.setStable({ generation, revision: 1 }, 'backup-hash');
      const notice: Notice = {
        id: `${holder.workflowId}/${generation}/backup`,
        kind: 'held',
        serviceId,
        workflowId: holder.workflowId,
        generation,
        summary: 'backup route',
        weightPct: 100,
        reason: anomaly.anomalyType,
        by: anomaly.by,
        evidence: 'backup-hash',
        atMs: await nowMs(),
      };
      const notify = [{ webhook: 'http://127.0.0.1:1/hook', on: [...NOTICE_KINDS] }];
      return { kind: 'routed', serviceId, reason: 'on the backup route', notify, notice };
    }),

    takeBackCandidate: withCompensationFailures(
      async (request) => {
        const here = world(request.serviceId);
        await here.enter('takeBackCandidate');
        here.gateway.read();
        if (request.untouched === true && here.gateway.candidate === null) return;
        here.gateway.removeCandidate(request);
        if (here.gateway.stable === request.stableHash) return;
        here.gateway.setStable({ ...request, revision: request.revision + 1 }, request.stableHash);
      },
      ['StaleGeneration'],
    ),

    restoreStable: withCompensationFailures(async ({ wanted }) => {
      const here = world(wanted.serviceId);
      await here.enter('restoreStable');
      const generation = here.gateway.generation + 1;
      here.gateway.setStable({ generation, revision: 1 }, wanted.hash);
      const tookOverFrom = wanted.holder?.workflowId ?? null;
      return {
        serviceId: wanted.serviceId,
        generation,
        restoredFrom: wanted.generation,
        tookOverFrom,
        atMs: await nowMs(),
      };
    }, []),
  };
}

/** The service in an id such as `rollout/support-bot`. */
function serviceIn(workflowId: string): string {
  return workflowId.split('/')[1] ?? workflowId;
}
