/** Driver for gateways that speak the REST configuration contract. */
export { createRestOrchestrator, type RestOrchestratorOptions } from './rest-orchestrator.ts';
