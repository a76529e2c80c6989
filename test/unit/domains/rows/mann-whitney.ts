/** The Mann-Whitney report. */
import * as fc from 'fast-check';
import { mannWhitney } from '../../../../src/analysis/index.ts';
import { domainRow, notBetween, withOneNotFinite, type DomainRow } from '../row.ts';

const [a, b] = [
  [3, 1, 2],
  [5, 4],
] as const;

const badSample = (good: readonly number[]) =>
  fc.oneof(
    withOneNotFinite(good),
    fc.constantFrom<unknown>(null, 3, '12', [1e301], ['1'], { length: 2 }),
  ) as fc.Arbitrary<readonly number[]>;

export const rows: DomainRow[] = [
  domainRow({
    name: 'mannWhitney',
    call: (args: {
      readonly a: readonly number[];
      readonly b: readonly number[];
      readonly confidence: number;
      readonly direction: 'either';
    }) => mannWhitney(args.a, args.b, { confidence: args.confidence, direction: args.direction }),
    good: { a, b, confidence: 0.98, direction: 'either' },
    bad: {
      a: badSample(a),
      b: badSample(b),
      confidence: notBetween(0, 1, 'open'),
      direction: fc.constantFrom<unknown>('up', null, 1),
    },
  }),
];
