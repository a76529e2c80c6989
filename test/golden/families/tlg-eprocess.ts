/** Block e-process of two rates against equality or a difference. */
import { emptyTlg, foldTlg } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';
import { pairOf, sequenceAnswer, type RawBlock } from '../blocks.ts';

interface Input {
  readonly blocks: readonly RawBlock[];
  readonly delta: number;
  readonly side: 'two' | 'greater' | 'less';
  readonly alpha: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'tlg_eprocess',
  answer: ({ blocks, delta, side, alpha }) => {
    let state = emptyTlg();
    const hypothesis = { kind: 'absolute' as const, margin: delta, side };
    return sequenceAnswer(
      blocks.map((block) => (state = foldTlg(state, pairOf(block), hypothesis))),
      alpha,
    );
  },
});
