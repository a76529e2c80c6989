/** The version of the judging code names one way of judging experiments: whoever changes what is said of this evidence raises it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { EXPERIMENT_CODE_VERSION } from '../../../../activities/code-version.ts';
import { canonicalJson, judgeLook, type Judgement } from '../../../../src/decision/index.ts';
import { arm, period, planOf, startOf } from './support.ts';

/** Renewed together with the version: "by this version, this is what is said". */
const KNOWN = {
  version: 'experiment-verdict/3',
  digest: '39c8c6bf8b8bb82e52755fe2e283d9447abd8673cc93f4be41c43e2ad68d560f',
};

/** Good answers of a hundred: of the control, and of the variant. */
const WORLDS: readonly (readonly [control: number, concise: number])[] = [
  [70, 70],
  [70, 85],
  [70, 55],
  [70, 20],
  [70, 71],
];
const WEIGHTS = { control: 0.5, concise: 0.5 };
const LOOKS = 8;

function judgementsOf([control, concise]: (typeof WORLDS)[number]): readonly Judgement[] {
  const plan = planOf();
  const judged: Judgement[] = [];
  for (let no = 1; no <= LOOKS; no += 1) {
    const window = period(no, { control: arm(100, control), concise: arm(100, concise) });
    const state = judged.at(-1) ?? startOf(plan);
    judged.push(judgeLook({ plan, state, windows: [window], weights: WEIGHTS, expired: no === LOOKS }));
  }
  return judged;
}

it('says the same of the same evidence as when its version was given', () => {
  const verdicts = WORLDS.flatMap((world) => judgementsOf(world).map(({ verdict }) => verdict));
  const digest = createHash('sha256').update(canonicalJson(verdicts)).digest('hex');
  expect({ version: EXPERIMENT_CODE_VERSION, digest }).toEqual(KNOWN);
});

it('says it again of what a look has left, with nothing new to fold: so a recorded decision is judged again', () => {
  const plan = planOf();
  for (const judged of WORLDS.flatMap(judgementsOf).filter((_, i) => i % LOOKS !== LOOKS - 1)) {
    const again = judgeLook({ plan, state: judged, windows: [], weights: WEIGHTS });
    expect(again.verdict).toEqual(judged.verdict);
  }
});
