/** What the configuration contract means, without a transport: a service's state, the fence, the rules, what is live at a moment. */
export { assignArm, isCopied, unitIdOf, unitInterval } from './assignment.ts';
export { deploymentProblems } from './deployment-rules.ts';
export { assignExperiment, type AssignedBy, type ExperimentAssignment } from './experiment-assignment.ts';
export {
  candidateWeightPct,
  copiedPct,
  liveExperiment,
  settle,
  toLiveConfiguration,
  weights,
} from './live.ts';
export { comparePairs, reduceWrite, type GatewayWrite, type Outcome } from './reducer.ts';
export {
  configurationHash,
  experimentHash,
  serviceStateSchema,
  servesChange,
  withoutExperiment,
  type CandidateState,
  type ExperimentState,
  type Progression,
  type ServiceState,
  type Version,
} from './service-state.ts';
