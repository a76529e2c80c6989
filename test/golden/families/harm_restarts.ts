/** Harm process that starts anew at each step and after so many labels of the candidate. */
import {
  emptyRestartingTlg,
  foldRestartingTlg,
  restartLimit,
  type Restarting,
  type TlgState,
} from '../../../src/analysis/index.ts';
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
  answer: ({ blocks, step_of_block: steps, margin_kind: kind, margin, side, alpha, ...rest }) => {
    const plan = { alpha, everyLabels: rest.restart_every_candidate_labels };
    let state = emptyRestartingTlg();
    const states = blocks.map((block, i): Restarting<TlgState> => {
      state = foldRestartingTlg(state, pairOf(block), steps[i]!, { kind, margin, side }, plan);
      return state;
    });
    return {
      restart: states.map((s) => s.restart),
      log_e: states.map((s) => s.process.logE),
      limit: states.map((s) => restartLimit(s.restart, alpha)),
      first_alarm_block: states.findIndex((s) => s.alarm !== null),
    };
  },
});
