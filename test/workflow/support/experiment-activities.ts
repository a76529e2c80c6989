/** What an experiment's workflow asks for, over the worlds of the tests: those of the product by name, type and failure. */
import { withCompensationFailures, withFailures } from '../../../activities/failures.ts';
import type { Activities, ControlActivities } from '../../../activities/index.ts';
import { startExperiment } from '../../../src/analysis/index.ts';
import { experimentInputSchema } from '../../../src/domain/experiment.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { parseOrFail } from '../../../src/domain/validate.ts';
import { inForce, isLastTick, type Allocation } from '../../../src/state/experiment/index.ts';
import { experimentPlan, experimentTick } from '../../support/experiment.ts';
import type { Place } from './place.ts';

type Main = Pick<
  Activities,
  | 'admitExperiment'
  | 'experimentTick'
  | 'finishExperiment'
  | 'graduationOf'
  | 'makeRoomForExperiment'
  | 'retakeExperimentLease'
>;

const INPUT = 'input of abExperiment';

export function experimentActivities({ world, nowMs, signalRollback }: Place): Main {
  return {
    admitExperiment: withFailures(async (request) => {
      const input = parseOrFail(experimentInputSchema, request.input, INPUT);
      const here = world(input.serviceId);
      await here.enter('admitExperiment');
      here.lease = request.holder.workflowId;
      const plan = experimentPlan({
        serviceId: input.serviceId,
        name: input.name,
        generation: here.gateway.generation + 1,
        stableHash: here.gateway.stable,
        requestedBy: input.by ?? request.parentWorkflowId ?? 'unnamed',
        reason: input.reason ?? 'asked for',
        admittedAtMs: await nowMs(),
        ...here.experiment,
      });
      return { plan, evidence: startExperiment(plan.design) };
    }),

    experimentTick: withFailures(async (request) => {
      const here = world(request.serviceId);
      const { state } = request;
      const atMs = Math.max(await nowMs(), request.dueAtMs);
      const judge = request.judge || isLastTick(state, atMs);
      here.ticks.push({ atMs, judge });
      const number = here.ticks.length;
      if (judge) here.looks += 1;
      const looks = here.looks;
      await here.enter('experimentTick');
      await here.onTick();
      const { gateway } = here;
      gateway.read();
      if (gateway.generation !== request.generation)
        throw new Failure('StaleGeneration', `generation ${gateway.generation} is live`);
      if (here.serves(number) === 'leaseLost') {
        gateway.expireLease();
        return experimentTick(state, atMs, 'leaseLost');
      }
      const finds = judge ? here.finds(looks, state) : 'renewed';
      gateway.setArms(request, shares(inForce(state)), atMs + state.plan.leaseMs);
      return experimentTick(state, atMs, finds);
    }),

    finishExperiment: withFailures(async ({ state }) => {
      const here = world(state.plan.serviceId);
      await here.enter('finishExperiment');
      here.finishedExperiment = state;
      if (here.lease?.startsWith('experiment/') === true) here.lease = null;
    }),

    graduationOf: withFailures(async ({ serviceId, workflowId }) => {
      const here = world(serviceId);
      await here.enter('graduationOf');
      const isTaken = here.lease === workflowId;
      return { kind: isTaken ? 'taken' : 'waits', reason: `${here.lease ?? 'nobody'} holds the service` };
    }),

    makeRoomForExperiment: withFailures(async ({ input, toldRunId }) => {
      const { serviceId, by } = parseOrFail(experimentInputSchema, input, INPUT);
      const here = world(serviceId);
      await here.enter('makeRoomForExperiment');
      const { holder } = here;
      if (holder === null) return { kind: 'free' };
      if (toldRunId === holder.firstRunId) return { kind: 'waits', holder, told: true };
      const told = await signalRollback(holder.workflowId, { by: by ?? 'unnamed', reason: 'superseded' });
      return { kind: 'waits', holder, told };
    }),

    retakeExperimentLease: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('retakeExperimentLease');
      return { atMs: await nowMs(), generation: here.gateway.generation + 1 };
    }),
  };
}

export function experimentControl({
  world,
  nowMs,
}: Place): Pick<ControlActivities, 'setArms' | 'takeArmsAway'> {
  return {
    setArms: withFailures(async (request) => {
      const here = world(request.serviceId);
      await here.enter('setArms');
      const atMs = await nowMs();
      const leaseExpiresAtMs = atMs + request.leaseMs;
      here.gateway.setArms(request, shares(request), leaseExpiresAtMs);
      const { weights, exposedPct } = request;
      return { atMs, weights, exposedPct, leaseExpiresAtMs };
    }),

    takeArmsAway: withCompensationFailures(
      async (request) => {
        const here = world(request.serviceId);
        await here.enter('takeArmsAway');
        if (request.untouched !== true || here.gateway.arms !== null) here.gateway.removeCandidate(request);
        return { atMs: await nowMs() };
      },
      ['StaleGeneration'],
    ),
  };
}

function shares({ weights, exposedPct }: Pick<Allocation, 'weights' | 'exposedPct'>): string {
  const all = Object.entries(weights).map(([id, weight]) => `${id} ${weight}`);
  return `${all.join(', ')}, of ${exposedPct} %`;
}
