/** Version of the judging code, kept with every decision so that it can be judged again by the same rules. */
export const CODE_VERSION = 'rollout-verdict/2';
