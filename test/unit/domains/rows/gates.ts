import * as fc from 'fast-check';
import {
  foldExposures,
  foldLabelCounts,
  startLabelParity,
  startShareGate,
} from '../../../../src/analysis/index.ts';
import { domainRow, notBetween, notFinite, notFrom, type DomainRow } from '../row.ts';

const start = { weightPct: 25, beforePct: 5, setAtMs: 0, convergeMs: 60_000 };
const counts = { exposures: 10, labels: 5 };
const badCounts = fc.oneof(
  notFrom(0).map((exposures) => ({ exposures, labels: 0 })),
  notFrom(0).map((labels) => ({ exposures: 10, labels })),
);

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'startShareGate',
    call: (args: typeof start) => startShareGate(args),
    good: start,
    bad: {
      weightPct: notBetween(0, 100),
      beforePct: notBetween(0, 100),
      setAtMs: notFinite,
      convergeMs: notFrom(0),
    },
  }),
  domainRow({
    name: 'foldExposures',
    call: ({ block }: { block: Parameters<typeof foldExposures>[1] }) =>
      foldExposures(startShareGate(start), block),
    good: { block: { no: 1, startMs: 0, endMs: 60_000, stable: 90, candidate: 10 } },
    bad: {
      block: fc
        .tuple(fc.constantFrom('stable', 'candidate'), notFrom(0))
        .map(([arm, n]) => ({ no: 1, startMs: 0, endMs: 60_000, stable: 90, candidate: 10, [arm]: n })),
    },
  }),
  domainRow({
    name: 'foldLabelCounts',
    call: ({ block }: { block: Parameters<typeof foldLabelCounts>[1] }) =>
      foldLabelCounts(startLabelParity(), block),
    good: { block: { stable: counts, candidate: counts } },
    bad: {
      block: fc.oneof(
        badCounts.map((bad) => ({ stable: bad, candidate: counts })),
        badCounts.map((bad) => ({ stable: counts, candidate: bad })),
      ),
    },
  }),
];
