/**
 * Every activity, built over the ports of a worker. The classes are those of the house style: read and decide on the main
 * task queue, mutate and compensate on the control queue, record on the main one. What an emergency restore needs is on the
 * control queue whole; its first two activities stay on the main one too, for runs that were begun when they were there alone.
 */
import { admitRollout, type Admission, type AdmitRequest } from './admit-rollout.ts';
import { assess } from './assess.ts';
import { routeToBackup } from './backup-route.ts';
import { promoteCandidate, setWeight, takeBackCandidate } from './control.ts';
import {
  admitExperiment,
  experimentTick,
  finishExperiment,
  graduationOf,
  makeRoomForExperiment,
  retakeExperimentLease,
  setArms,
  takeArmsAway,
} from './experiments/index.ts';
import { withCompensationFailures, withFailures } from './failures.ts';
import { finishRollout, renewLeaseRun } from './finish-rollout.ts';
import { look } from './look.ts';
import { maintain, planMaintenance } from './maintenance.ts';
import { makeRoom } from './make-room.ts';
import { notify, type NotifyRequest } from './notify.ts';
import type { ActivityPorts } from './ports.ts';
import { promotionServed } from './promotion-served.ts';
import { restoreStable } from './restore-stable.ts';
import { setShadow, shadowLook } from './shadow.ts';
import { prepareRestore, tellHolder } from './restore.ts';
import { respondToIncident } from './incident.ts';
import { retakeLease } from './retake-lease.ts';
import { describeChange, startCycle, sweep, tellCycle } from './sweep.ts';
import { watchPromotion } from './watch-promotion.ts';

export type { ActivityPorts, GatewayWrite } from './ports.ts';
export type { Assessment, Observed } from './assess.ts';
export type { Promoted, WeightSet } from './control.ts';
export type { IncidentResponse } from './incident.ts';
export type { Room } from './make-room.ts';
export type { PromotionServed } from './promotion-served.ts';
export type { LeaseRetaken } from './retake-lease.ts';
export type { ShadowSet } from './shadow.ts';
export type { RestoreSummary, WantedConfiguration } from './restore-stable.ts';
export type { SweepSummary } from './sweep.ts';
export type { ArmsWrite, ExperimentAdmission } from './experiments/index.ts';
export type { CycleSummary, ExperimentSummary, RolloutSummary, WatchSummary } from './summaries.ts';
export type { PromotionEvidence, WatchInput } from './watch-promotion.ts';
export type { Admission, AdmitRequest };

/** Activities of the main task queue. */
export function createActivities(ports: ActivityPorts) {
  return {
    admitExperiment: withFailures((request: AdmitRequest) => admitExperiment(ports, request)),
    admitRollout: withFailures((request: AdmitRequest) => admitRollout(ports, request)),
    assess: withFailures((request: Parameters<typeof assess>[1]) => assess(ports, request)),
    describeChange: withFailures((request: Parameters<typeof describeChange>[1]) =>
      describeChange(ports, request),
    ),
    experimentTick: withFailures((request: Parameters<typeof experimentTick>[1]) =>
      experimentTick(ports, request),
    ),
    finishExperiment: withFailures((request: Parameters<typeof finishExperiment>[1]) =>
      finishExperiment(ports, request),
    ),
    finishRollout: withFailures((request: Parameters<typeof finishRollout>[1]) =>
      finishRollout(ports, request),
    ),
    graduationOf: withFailures((request: Parameters<typeof graduationOf>[1]) => graduationOf(ports, request)),
    look: withFailures((request: Parameters<typeof look>[1]) => look(ports, request)),
    maintain: withFailures((request: Parameters<typeof maintain>[1]) => maintain(ports, request)),
    makeRoom: withFailures((request: Parameters<typeof makeRoom>[1]) => makeRoom(ports, request)),
    makeRoomForExperiment: withFailures((request: Parameters<typeof makeRoomForExperiment>[1]) =>
      makeRoomForExperiment(ports, request),
    ),
    notify: withFailures((request: NotifyRequest) => notify(ports, request)),
    planMaintenance: withFailures((request: Parameters<typeof planMaintenance>[1]) =>
      planMaintenance(ports, request),
    ),
    prepareRestore: withFailures((request: Parameters<typeof prepareRestore>[1]) =>
      prepareRestore(ports, request),
    ),
    renewLeaseRun: withFailures((request: Parameters<typeof renewLeaseRun>[1]) =>
      renewLeaseRun(ports, request),
    ),
    retakeExperimentLease: withFailures((request: Parameters<typeof retakeExperimentLease>[1]) =>
      retakeExperimentLease(ports, request),
    ),
    retakeLease: withFailures((request: Parameters<typeof retakeLease>[1]) => retakeLease(ports, request)),
    startCycle: withFailures((request: Parameters<typeof startCycle>[1]) => startCycle(ports, request)),
    shadowLook: withFailures((request: Parameters<typeof shadowLook>[1]) => shadowLook(ports, request)),
    sweep: withFailures(() => sweep(ports)),
    tellCycle: withFailures((request: Parameters<typeof tellCycle>[1]) => tellCycle(ports, request)),
    tellHolder: withFailures((request: Parameters<typeof tellHolder>[1]) => tellHolder(ports, request)),
    watchPromotion: withFailures((request: Parameters<typeof watchPromotion>[1]) =>
      watchPromotion(ports, request),
    ),
  };
}

/** Activities of the control task queue. */
export function createControlActivities(ports: ActivityPorts) {
  return {
    prepareRestore: withFailures((request: Parameters<typeof prepareRestore>[1]) =>
      prepareRestore(ports, request),
    ),
    tellHolder: withFailures((request: Parameters<typeof tellHolder>[1]) => tellHolder(ports, request)),
    promotionServed: withFailures((request: Parameters<typeof promotionServed>[1]) =>
      promotionServed(ports, request),
    ),
    setArms: withFailures((request: Parameters<typeof setArms>[1]) => setArms(ports, request)),
    setWeight: withFailures((request: Parameters<typeof setWeight>[1]) => setWeight(ports, request)),
    setShadow: withFailures((request: Parameters<typeof setShadow>[1]) => setShadow(ports, request)),
    promoteCandidate: withFailures((request: Parameters<typeof promoteCandidate>[1]) =>
      promoteCandidate(ports, request),
    ),
    routeToBackup: withFailures((request: Parameters<typeof routeToBackup>[1]) =>
      routeToBackup(ports, request),
    ),
    respondToIncident: withFailures((request: Parameters<typeof respondToIncident>[1]) =>
      respondToIncident(ports, request),
    ),
    takeBackCandidate: withCompensationFailures(
      (request: Parameters<typeof takeBackCandidate>[1]) => takeBackCandidate(ports, request),
      ['StaleGeneration', 'LeaseMoved'],
    ),
    takeArmsAway: withCompensationFailures(
      (request: Parameters<typeof takeArmsAway>[1]) => takeArmsAway(ports, request),
      ['StaleGeneration', 'LeaseMoved'],
    ),
    restoreStable: withCompensationFailures(
      (request: Parameters<typeof restoreStable>[1]) => restoreStable(ports, request),
      [],
    ),
  };
}

export type Activities = ReturnType<typeof createActivities>;
export type ControlActivities = ReturnType<typeof createControlActivities>;
