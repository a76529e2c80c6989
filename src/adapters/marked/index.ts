/** Drivers for products without a fence of their own: the fence is kept in the product, as a mark beside what it serves. */
export { createMarkedOrchestrator } from './marked-orchestrator.ts';
export { servedBy, unmarked, type Loaded, type MarkedProduct, type Served } from './marked-product.ts';
