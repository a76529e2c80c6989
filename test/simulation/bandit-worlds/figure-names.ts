/** What a figure of `simulate regret` is called: `<policy>_<world>_<rounds>`, a policy's usual parameter left unsaid. */

const USUAL: Readonly<Record<string, string>> = {
  'linucb_1.0': 'linucb',
  'lints_0.5': 'lints',
  'lin_eps_greedy_0.1': 'lin_eps_greedy',
  'eps_greedy_0.1': 'eps_greedy',
  'thompson_discount_0.999': 'thompson_discount',
  'ttts_0.5': 'ttts',
  't3c_0.5': 't3c',
  'ttts_t3c_0.5': 'ttts_t3c',
};

export const shortName = (reference: string): string => USUAL[reference] ?? reference;
