/** The choice of a candidate, the paired comparison, canonical texts and decision records: `src/decision`. */
import * as fc from 'fast-check';
import {
  canonicalJson,
  chooseCandidate,
  comparePaired,
  isUntouched,
  recordDecision,
  recordedOf,
  type RecordedAnswer,
} from '../../../../src/decision/index.ts';
import { domainRow, notBetween, notFinite, notFrom, type DomainRow } from '../row.ts';

const answers: readonly RecordedAnswer[] = Array.from({ length: 40 }, (_, i) => ({
  queryId: `q${i}`,
  taskType: 'qa',
  quality: (i % 5) / 5,
  costUsd: 0.002,
}));
const badAnswers = fc.oneof(
  notBetween(0, 1).map((quality) => answers.map((answer, i) => (i === 3 ? { ...answer, quality } : answer))),
  notFrom(0).map((costUsd) => answers.map((answer, i) => (i === 3 ? { ...answer, costUsd } : answer))),
  fc.constant([...answers, answers[0]]),
);
const notJson = fc.oneof(
  notFinite,
  fc.constantFrom<unknown>(new Map(), new Date(0), 1n, Symbol('s'), () => 1, [undefined]),
  notFinite.map((x) => ({ deep: [{ x }] })),
);
const hash = (text: string): string => `${text.length}`;
const record = recordDecision(
  { evidence: { n: 1 }, limits: { alpha: 0.05 }, seed: 7, codeVersion: '1' },
  hash,
);

export const rows: DomainRow[] = [
  domainRow({
    name: 'chooseCandidate',
    call: ({
      outcomes,
      qualityReference,
      maxTotalQualityLossPct,
      minCostReductionPct,
      minQuality,
      maxCostPerRequestUsd,
    }) =>
      chooseCandidate({
        incumbent: 'a',
        candidates: ['b'],
        outcomes,
        qualityReference,
        maxTotalQualityLossPct,
        minCostReductionPct,
        constraints: { minQuality, maxCostPerRequestUsd },
      }),
    good: {
      outcomes: { a: answers, b: answers },
      qualityReference: 0.4,
      maxTotalQualityLossPct: 1,
      minCostReductionPct: 10,
      minQuality: 0.3,
      maxCostPerRequestUsd: 0.1,
    },
    bad: {
      outcomes: badAnswers.map((b) => ({ a: answers, b })),
      qualityReference: notBetween(0, 1),
      maxTotalQualityLossPct: notBetween(0, 100),
      minCostReductionPct: notBetween(0, 100),
      minQuality: notBetween(0, 1),
      maxCostPerRequestUsd: fc.oneof(fc.constant(Number.NaN), fc.double({ max: -1e-9, noNaN: true })),
    },
  }),
  domainRow({
    name: 'comparePaired',
    call: ({ incumbent, candidate }) => comparePaired(incumbent, candidate),
    good: { incumbent: answers, candidate: answers },
    bad: { incumbent: badAnswers, candidate: badAnswers },
  }),
  domainRow({
    name: 'recordedOf',
    call: ({ answers }) => recordedOf(answers),
    good: { answers },
    bad: { answers: badAnswers },
  }),
  domainRow({
    name: 'canonicalJson',
    call: ({ value }) => canonicalJson(value),
    good: { value: { a: [1, 'x', null, true] } },
    bad: { value: notJson },
  }),
  domainRow({
    name: 'recordDecision',
    call: ({ evidence, limits, seed, codeVersion }) =>
      recordDecision({ evidence, limits, seed, codeVersion }, hash),
    good: { evidence: { n: 1 }, limits: { alpha: 0.05 }, seed: 7, codeVersion: '1' },
    bad: { evidence: notJson, limits: notJson, seed: notFinite, codeVersion: notJson },
  }),
  domainRow({
    name: 'isUntouched',
    call: ({ evidence, limits, seed }) => isUntouched({ ...record, evidence, limits, seed }, hash),
    good: { evidence: { n: 1 }, limits: { alpha: 0.05 }, seed: 7 },
    bad: { evidence: notJson, limits: notJson, seed: notFinite },
  }),
];
