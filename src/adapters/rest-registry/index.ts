/** The registry of experiments over REST, and none. */
export { createRestRegistry } from './rest-registry.ts';
export { withoutRegistry } from './without-registry.ts';
