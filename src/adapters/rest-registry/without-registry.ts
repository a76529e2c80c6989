/** No registry: what experiments come to is in the store and in the decision log alone. */
import type { ExperimentRegistry } from '../../ports/experiment-registry.ts';

export const withoutRegistry: ExperimentRegistry = {
  begun: () => Promise.resolve(),
  ended: () => Promise.resolve(),
};
