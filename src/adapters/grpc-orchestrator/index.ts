/** Driver for gateways that speak the gRPC configuration contract. */
export { createGrpcOrchestrator, type GrpcOrchestratorOptions } from './grpc-orchestrator.ts';
