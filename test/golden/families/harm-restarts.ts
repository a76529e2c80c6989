/** The harm process that starts anew at each step and after a number of candidate labels. */
import { emptyRestartingTlg, foldRestartingTlg, restartLimit } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';
import { pairOf, type RawBlock } from '../blocks.ts';

interface Input {
  readonly blocks: readonly RawBlock[];
  readonly step_of_block: readonly number[];
  readonly margin_kind: 'absolute' | 'relative';
  readonly margin: number;
  readonly side: 'greater' | 'less';
  readonly alpha: number;
  readonly restart_every_candidate_labels: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'harm_restarts',
  answer: (input) => {
    const hypothesis = { kind: input.margin_kind, margin: input.margin, side: input.side };
    const plan = { alpha: input.alpha, everyLabels: input.restart_every_candidate_labels };
    let state = emptyRestartingTlg();
    const states = input.blocks.map(
      (block, i) =>
        (state = foldRestartingTlg(state, pairOf(block), input.step_of_block[i]!, hypothesis, plan)),
    );
    return {
      restart: states.map((s) => s.restart),
      log_e: states.map((s) => s.process.logE),
      limit: states.map((s) => restartLimit(s.restart, input.alpha)),
      first_alarm_block: states.findIndex((s) => s.alarm !== null),
    };
  },
});
