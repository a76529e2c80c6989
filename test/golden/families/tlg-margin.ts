/** Block e-process of two rates against a margin, absolute or relative, in both directions. */
import { emptyTlg, foldTlg } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';
import { pairOf, sequenceAnswer, type RawBlock } from '../blocks.ts';

interface Input {
  readonly blocks: readonly RawBlock[];
  readonly margin_kind: 'absolute' | 'relative';
  readonly margin: number;
  readonly side: 'greater' | 'less';
  readonly alpha: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'tlg_margin',
  answer: ({ blocks, margin_kind: kind, margin, side, alpha }) => {
    let state = emptyTlg();
    return sequenceAnswer(
      blocks.map((block) => (state = foldTlg(state, pairOf(block), { kind, margin, side }))),
      alpha,
    );
  },
});
