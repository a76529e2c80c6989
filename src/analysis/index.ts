/** The public names of the statistics that judge: pure functions of counts, never of clocks or requests. */
export type {
  FrozenBaseline,
  GuardrailEvidence,
  MeanEvidence,
  PerArm,
  RolloutEvidence,
  ShareEvidence,
} from './rollout/evidence.ts';
export { startEvidence } from './rollout/evidence.ts';
