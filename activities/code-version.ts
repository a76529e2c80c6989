/**
 * Version of the judging code, kept with every decision so that it can be judged again by the same rules. It is raised whenever the same
 * evidence is judged otherwise than before; `test/unit/analysis/rollout/code-version.test.ts` goes red when that was forgotten.
 */
export const CODE_VERSION = 'rollout-verdict/3';

/** The same for verdicts on the pairs of a shadow. */
export const SHADOW_CODE_VERSION = 'shadow-verdict/1';

/** The same for verdicts on the arms of an experiment. */
export const EXPERIMENT_CODE_VERSION = 'experiment-verdict/3';
