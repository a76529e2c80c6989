/** What an experiment asks of the world: admitted, served, looked at, taken away, handed to a rollout, written down. */
export { admitExperiment, makeRoomForExperiment, type ExperimentAdmission } from './admit.ts';
export { finishExperiment } from './finish.ts';
export { graduationOf, type Graduation } from './graduation.ts';
export type { ArmsWrite } from './our-arms.ts';
export { retakeExperimentLease } from './retake-lease.ts';
export { setArms, type ArmsSet } from './set-arms.ts';
export { takeArmsAway } from './take-arms-away.ts';
export { experimentTick } from './tick.ts';
