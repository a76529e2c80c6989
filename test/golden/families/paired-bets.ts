/** The mean over fixed stakes of a betting martingale on paired differences, from sums. */
import { pairedLogE } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly sums: {
    readonly n: number;
    readonly sum_s: number;
    readonly sum_c: number;
    readonly sum_ss: number;
    readonly sum_cc: number;
    readonly sum_sc: number;
  };
  readonly form: { readonly on_s: number; readonly on_c: number; readonly constant: number };
}

export const adapter = goldenAdapter<Input>({
  family: 'paired_bets',
  answer: ({ sums, form }) => ({
    log_e: pairedLogE(
      {
        n: sums.n,
        sumS: sums.sum_s,
        sumC: sums.sum_c,
        sumSS: sums.sum_ss,
        sumCC: sums.sum_cc,
        sumSC: sums.sum_sc,
        greater: 0,
        smaller: 0,
        disagreed: 0,
      },
      { onS: form.on_s, onC: form.on_c, constant: form.constant },
    ),
  }),
  leftOut: { at_most: 'the exact martingale of graded pairs: a unit test holds that log_e is below it' },
});
