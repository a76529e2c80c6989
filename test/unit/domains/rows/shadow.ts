/** Shadows: what folds, judges and plans pairs. */
import * as fc from 'fast-check';
import {
  foldPairBlock,
  judgeShadow,
  pairedGrowth,
  pairedLogE,
  pairedMeanEvidence,
  planPairs,
  readShadowEvidence,
  startShadowEvidence,
  type PairedForm,
  type ShadowEvidence,
} from '../../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../../src/domain/guardrail.ts';
import type { PairBlock, PairSums } from '../../../../src/domain/pair-block.ts';
import { domainRow, notBetween, notFinite, notFrom, notWholeFrom, type DomainRow } from '../row.ts';

const quality: GuardrailSpec = {
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
  required: true,
  frozen: null,
};
const guardrails = [quality];
const badGuardrails = notBetween(0, 100, 'open').map((pct) => [
  { ...quality, margin: { kind: 'relative' as const, pct: pct as number } },
]);
const sums: PairSums = {
  n: 200,
  sumS: 160,
  sumC: 158,
  sumSS: 160,
  sumCC: 158,
  sumSC: 150,
  greater: 8,
  smaller: 10,
  disagreed: 0,
};
const form: PairedForm = { onS: -0.95, onC: 1, constant: 0 };
const badForm = fc.oneof(
  notFinite.map((onS) => ({ ...form, onS })),
  notFinite.map((onC) => ({ ...form, onC })),
  notFinite.map((constant) => ({ ...form, constant })),
  fc.constantFrom({ onS: 1, onC: 1, constant: 0 }, { onS: -1, onC: -1, constant: -1 }),
);
const badSums = fc.oneof(
  fc
    .tuple(fc.constantFrom('n', 'sumS', 'sumC', 'sumSS', 'sumCC', 'sumSC'), notFrom(0))
    // What is below 0 by no more than rounding is taken for 0.
    .map(([field, value]) => ({ ...sums, [field]: Number(value) < 0 ? Number(value) - 1 : value })),
  fc.constantFrom({ ...sums, sumS: 201 }, { ...sums, sumCC: 159 }, { ...sums, sumSC: 159 }),
);
const block: PairBlock = { no: 5, startMs: 0, endMs: 1_000, metrics: { quality: sums } };
const evidence = startShadowEvidence(guardrails, false);
const badEvidence = fc
  .oneof(notFinite, fc.integer({ min: 2, max: 9 }))
  .map((version) => ({ ...evidence, version }) as ShadowEvidence);

export const rows: readonly DomainRow[] = [
  domainRow({
    name: 'startShadowEvidence',
    call: (args: { guardrails: readonly GuardrailSpec[] }) => startShadowEvidence(args.guardrails, false),
    good: { guardrails },
    bad: { guardrails: badGuardrails },
  }),
  domainRow({
    name: 'foldPairBlock',
    call: (args: { evidence: ShadowEvidence; block: PairBlock }) =>
      foldPairBlock(args.evidence, args.block, guardrails),
    good: { evidence, block },
    bad: {
      evidence: badEvidence,
      block: fc.oneof(
        notWholeFrom(0)
          .filter((no) => !Number.isSafeInteger(no))
          .map((no) => ({ ...block, no: no as number })),
        fc
          .tuple(fc.constantFrom('n', 'sumS', 'disagreed'), notFrom(0))
          .map(([field, value]) => ({ ...block, metrics: { quality: { ...sums, [field]: value } } })),
      ),
    },
  }),
  domainRow({
    name: 'judgeShadow',
    call: (args: { evidence: ShadowEvidence; guardrails: readonly GuardrailSpec[]; minPairs: number }) =>
      judgeShadow(args.evidence, args),
    good: { evidence, guardrails, minPairs: 200 },
    bad: { evidence: badEvidence, guardrails: badGuardrails, minPairs: notWholeFrom(1) },
  }),
  domainRow({
    name: 'pairedLogE',
    call: (args: { sums: PairSums; form: PairedForm }) => pairedLogE(args.sums, args.form),
    good: { sums, form },
    bad: { sums: badSums, form: badForm },
  }),
  domainRow({
    name: 'pairedGrowth',
    call: (args: { meanS: number; meanC: number; form: PairedForm }) =>
      pairedGrowth(args.meanS, args.meanC, args.form),
    good: { meanS: 0.8, meanC: 0.8, form },
    bad: { meanS: notBetween(0, 1), meanC: notBetween(0, 1), form: badForm },
  }),
  domainRow({
    name: 'pairedMeanEvidence',
    call: (args: { sums: PairSums; factor: number; alpha: number; side: 'greater' | 'less' }) =>
      pairedMeanEvidence(args.sums, args),
    good: { sums, factor: 1.1, alpha: 0.05, side: 'less' as const },
    bad: {
      sums: fc
        .tuple(fc.constantFrom('n', 'sumS', 'sumC', 'sumSS', 'sumCC', 'sumSC'), notFinite)
        .map(([field, value]) => ({ ...sums, [field]: value })),
      factor: notBetween(0, 1e6, 'open').filter((value) => value !== 1e6),
      alpha: notBetween(1e-150, 0.5, 'open').filter((value) => value !== 1e-150),
      side: fc.constantFrom('two', 'less ', null),
    },
  }),
  domainRow({
    name: 'planPairs',
    call: (args: {
      guardrails: readonly GuardrailSpec[];
      baseline: { readonly quality: number };
      minPairs: number;
    }) => planPairs({ ...args, judged: false }),
    good: { guardrails, baseline: { quality: 0.8 }, minPairs: 200 },
    bad: {
      guardrails: badGuardrails,
      baseline: notBetween(0, 1).map((value) => ({ quality: value as number })),
      minPairs: notWholeFrom(1),
    },
  }),
  domainRow({
    name: 'readShadowEvidence',
    call: (args: { evidence: unknown }) => readShadowEvidence(args.evidence),
    good: { evidence: foldPairBlock(evidence, block, guardrails) },
    bad: {
      evidence: fc.oneof(
        badEvidence,
        fc.constantFrom(
          null,
          'evidence',
          [],
          { ...evidence, alpha: { harm: 0 } },
          { ...evidence, lastBlockNo: 1.5 },
          { ...evidence, totals: { quality: { ...sums, n: null } } },
          { ...evidence, guardrails: {} },
          { ...evidence, guardrails: [{ ...evidence.guardrails[0], id: 'beauty' }] },
          { ...evidence, guardrails: [{ ...evidence.guardrails[0], proof: { logE: 0, maxLogE: -1 } }] },
        ),
      ),
    },
  }),
];
