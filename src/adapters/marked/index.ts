/** Drivers for products without a fence of their own: the fence is kept in the product, as a mark beside what it serves. */
export { driftOf } from './drift.ts';
export { expireLease, type Expiry } from './expire-lease.ts';
export { createProductApi, type ProductApi, type ProductCall } from './product-api.ts';
export { inTurn } from './in-turn.ts';
export { readMark, writeMark } from './mark-text.ts';
export { createMarkedOrchestrator } from './marked-orchestrator.ts';
export { servedAgain, takenAwayOf } from './taken-away.ts';
export {
  servedBy,
  unfinishedOf,
  unmarked,
  type Loaded,
  type MarkedProduct,
  type Served,
} from './marked-product.ts';
