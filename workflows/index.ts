/** Every workflow of the bundle. The default export answers for types that do not exist. */
export { abExperiment } from './ab-experiment.ts';
export { canaryRollout } from './canary-rollout.ts';
export { fleetSweep } from './fleet-sweep.ts';
export { maintenance } from './maintenance.ts';
export { optimizationCycle } from './optimization-cycle.ts';
export { promotionWatch } from './promotion-watch.ts';
export { restoreConfiguration } from './restore-configuration.ts';
export { unknownType as default } from './unknown-type.ts';
