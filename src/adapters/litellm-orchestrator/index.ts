/** Drivers for the LiteLLM proxy: over its admin API (database mode), and over its configuration file with a restart. */
export { createLitellmOrchestrator, createLitellmProduct, type LitellmOptions } from './database-mode.ts';
export {
  createLitellmFileOrchestrator,
  createLitellmFileProduct,
  type LitellmFileOptions,
} from './file-mode.ts';
