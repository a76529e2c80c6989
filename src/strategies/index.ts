/** What the optimizer can try by itself besides another model: prompts and parameters, as experiments. */
export { parameterExperiment, promptExperiment, type Asked } from './experiment-input.ts';
