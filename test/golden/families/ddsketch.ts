/** A property: each quantile lies within alpha of the lower order statistic, for the whole and for two halves merged. */
import {
  addAllToSignedSketch,
  emptySignedSketch,
  mergeSignedSketches,
  signedQuantile,
  signedSketchCount,
} from '../../../src/math/index.ts';
import { goldenAdapter, type PropertyFinding } from '../adapter.ts';

interface Input {
  readonly x: readonly number[];
  readonly alpha: number;
}

interface Expected {
  readonly q: readonly number[];
  readonly lower: readonly number[];
  readonly count: number;
}

const sketchOf = ({ x, alpha }: Input) => addAllToSignedSketch(emptySignedSketch(alpha), x);

export const adapter = goldenAdapter<Input, Expected>({
  family: 'ddsketch',
  answer: (input, { q }) => {
    const sketch = sketchOf(input);
    if (input.x.length === 0) return { undefined: 'no values' };
    return { count: signedSketchCount(sketch), lower: q.map((at) => signedQuantile(sketch, at)) };
  },
  properties: ({ input, expected }) => {
    const cut = Math.floor(input.x.length / 2);
    const parts = [input.x.slice(0, cut), input.x.slice(cut)];
    const [first, second] = parts.map((x) => sketchOf({ x, alpha: input.alpha }));
    return [sketchOf(input), mergeSignedSketches(first!, second!)].flatMap((sketch, merged) => [
      {
        problem:
          signedSketchCount(sketch) === expected.count
            ? null
            : `it holds ${signedSketchCount(sketch)} values`,
        shareOfAllowed: 0,
      },
      ...expected.q.map((q, i): PropertyFinding => {
        const want = expected.lower[i]!;
        const got = signedQuantile(sketch, q) ?? Infinity;
        const allowed = input.alpha * Math.abs(want);
        // A value that is on a bucket's boundary is allowed the rounding of that boundary.
        const share = got === want ? 0 : Math.abs(got - want) / (allowed * (1 + 1e-9));
        const problem = `${merged === 1 ? 'merged' : 'whole'}: quantile ${q} is ${got}, not within ${allowed} of ${want}`;
        return { problem: share <= 1 ? null : problem, shareOfAllowed: share };
      }),
    ]);
  },
});
