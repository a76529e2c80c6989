/** A service with several targets, behind the port of one. */
export { createCompositeOrchestrator, type CompositeTargets } from './composite-orchestrator.ts';
