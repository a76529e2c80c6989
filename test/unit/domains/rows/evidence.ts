/** Domains of the running evidence: block e-processes, bets, the asymptotic sequence, sample ratio, restarts, moments. */
import * as fc from 'fast-check';
import {
  alwaysValidP,
  compareMeans,
  emptyBetting,
  emptyOneSample,
  emptyRestartingTlg,
  emptySampleRatio,
  emptyStagedSampleRatio,
  emptyTlg,
  evidenceBeyondLimit,
  foldBetting,
  foldBettingSums,
  foldOneSample,
  foldRestartingTlg,
  foldSampleRatio,
  foldTlg,
  lookAtSampleRatio,
  mergeMoments,
  mixturePrecision,
  momentsOf,
  nextBet,
  oneSidedMeanEvidence,
  restartLimit,
  sampleRatioLogBayesFactor,
  tlgGrowth,
  varianceOf,
  type Moments,
} from '../../../../src/analysis/index.ts';
import {
  domainRow,
  notAbove,
  notBetween,
  notFinite,
  notFrom,
  notWholeFrom,
  withOneNotFinite,
  type DomainRow,
} from '../row.ts';

const alpha = notBetween(0, 1, 'open');
const level = notBetween(0, 0.5, 'open');
const word = fc.constantFrom<unknown>('', 'other', null, 1);
const GREATER: 'greater' | 'less' = 'greater';
const notANumber = fc.constant<unknown>(Number.NaN);

/** A state with one of its numbers gone. */
const broken = <S extends object>(state: S, fields: readonly (keyof S)[]): fc.Arbitrary<unknown> =>
  fc.tuple(fc.constantFrom(...fields), notFinite).map(([field, value]) => ({ ...state, [field]: value }));

const moments: Moments = { n: 300, mean: 5, m2: 60 };
const badMoments = fc.oneof(
  broken(moments, ['n', 'mean', 'm2']),
  notFrom(0).map((m2) => ({ ...moments, m2 })),
);

const tlg = { ...emptyTlg(), nA: 40, sA: 20, nB: 30, sB: 12 };
const badTlg = broken(tlg, ['nA', 'sA', 'nB', 'sB', 'logE', 'maxLogE']);
const pair = { nA: 10, sA: 4, nB: 12, sB: 5 };
const badPair = {
  nA: notFrom(0),
  sA: notBetween(0, 10.1),
  nB: notFrom(0),
  sB: notBetween(0, 12.1),
};
const hypothesis = { kind: 'absolute', margin: 0.02, side: 'greater' } as const;
const badHypothesis = { kind: word, margin: notBetween(-1, 1, 'open'), side: word };

const betting = emptyBetting();
const badBetting = fc.oneof(
  broken(betting, ['n', 'sum', 'nZ', 'sumZ', 'sumZ2', 'logPlus', 'logMinus', 'maxLogE']),
  fc.constant({ ...betting, nZ: 0 }),
);
const bet = { candidateShare: 0.4, factor: 1, shift: 0.1, side: 'two' } as const;
const badBet = { candidateShare: alpha, factor: notAbove(0), shift: notBetween(-1, 1, 'open'), side: word };
const sums = { n: 4, sum: 2, sumOfSquares: 1.2 };
const badSums = fc.oneof(
  broken(sums, ['n', 'sum', 'sumOfSquares']),
  notBetween(0, 4.1).map((sum) => ({ ...sums, sum })),
  notBetween(1, 2.1).map((sumOfSquares) => ({ ...sums, sumOfSquares })),
);

const split = [30, 20];
const badCounts = fc.oneof(withOneNotFinite(split), fc.constantFrom<unknown>([1], [1, 2, 3], [-1, 2], null));
const badWeights = fc.oneof(withOneNotFinite([1, 1]), fc.constantFrom<unknown>([1], [0, 1], [-1, 1], null));

const tlgRows: DomainRow[] = [
  domainRow({
    name: 'foldTlg',
    call: ({ state, nA, sA, nB, sB, kind, margin, side }) =>
      foldTlg(state, { nA, sA, nB, sB }, { kind, margin, side }),
    good: { state: tlg, ...pair, ...hypothesis },
    bad: { state: badTlg, ...badPair, ...badHypothesis },
  }),
  domainRow({
    name: 'foldTlg',
    call: ({ margin }) => foldTlg(tlg, pair, { kind: 'relative', margin, side: 'less' }),
    good: { margin: 0.95 },
    bad: { margin: notAbove(0) },
  }),
  domainRow({
    name: 'tlgGrowth',
    call: ({ pA, pB, stablePerCandidate, kind, margin, side }) =>
      tlgGrowth(pA, pB, stablePerCandidate, { kind, margin, side }),
    good: { pA: 0, pB: 1, stablePerCandidate: 3, ...hypothesis },
    bad: { pA: notBetween(0, 1), pB: notBetween(0, 1), stablePerCandidate: notFrom(0), ...badHypothesis },
  }),
  domainRow({
    name: 'alwaysValidP',
    call: ({ maxLogE }) => alwaysValidP(maxLogE),
    good: { maxLogE: 3 },
    bad: { maxLogE: notANumber },
  }),
  domainRow({
    name: 'foldOneSample',
    call: ({ state, n, s, limit, side }) => foldOneSample(state, { n, s }, { limit, side }),
    good: { state: emptyOneSample(), n: 10, s: 4, limit: 0.3, side: GREATER },
    bad: {
      state: broken(emptyOneSample(), ['n', 's', 'logE', 'maxLogE']),
      n: notFrom(0),
      s: notBetween(0, 10.1),
      limit: notBetween(0, 1),
      side: word,
    },
  }),
  domainRow({
    name: 'evidenceBeyondLimit',
    call: ({ n, successes, limit, side }) => evidenceBeyondLimit({ n, successes }, limit, side),
    good: { n: 10, successes: 4, limit: 0.3, side: GREATER },
    bad: { n: notFrom(0), successes: notBetween(0, 10.1), limit: notBetween(0, 1), side: word },
  }),
  domainRow({
    name: 'foldRestartingTlg',
    call: ({ nA, sA, nB, sB, step, kind, margin, side, alpha: spent, everyLabels }) =>
      foldRestartingTlg(
        emptyRestartingTlg(),
        { nA, sA, nB, sB },
        step,
        { kind, margin, side },
        {
          alpha: spent,
          everyLabels,
        },
      ),
    good: { ...pair, step: 5, ...hypothesis, alpha: 0.02, everyLabels: 2000 },
    bad: {
      ...badPair,
      step: notFinite,
      ...badHypothesis,
      alpha,
      everyLabels: fc.oneof(notANumber, fc.constantFrom<unknown>(0, -5)),
    },
  }),
  domainRow({
    name: 'restartLimit',
    call: ({ restart, alpha: spent }) => restartLimit(restart, spent),
    good: { restart: 2, alpha: 0.02 },
    bad: { restart: notWholeFrom(1), alpha },
  }),
];

const bettingRows: DomainRow[] = [
  domainRow({
    name: 'nextBet',
    call: ({ state, candidateShare, ...rest }) => nextBet(state, candidateShare, rest),
    good: { state: betting, ...bet },
    bad: { state: badBetting, ...badBet },
  }),
  domainRow({
    name: 'foldBetting',
    call: ({ state, score, candidateShare, ...rest }) =>
      foldBetting(state, [{ arm: 'stable', score }], candidateShare, rest),
    good: { state: betting, score: 0.4, ...bet },
    bad: { state: badBetting, score: notBetween(0, 1), ...badBet },
  }),
  domainRow({
    name: 'foldBettingSums',
    call: ({ state, block, candidateShare, ...rest }) => foldBettingSums(state, block, candidateShare, rest),
    good: { state: betting, block: { stable: sums, candidate: sums, logGrowth: 0 }, ...bet },
    bad: {
      state: badBetting,
      block: fc.oneof(
        badSums.map((stable) => ({ stable, candidate: sums, logGrowth: 0 })),
        badSums.map((candidate) => ({ stable: sums, candidate, logGrowth: 0 })),
        fc.oneof(notFinite, fc.constantFrom(-9, 9)).map((logGrowth) => ({
          stable: sums,
          candidate: sums,
          logGrowth,
        })),
      ),
      ...badBet,
    },
  }),
];

const meanRows: DomainRow[] = [
  domainRow({
    name: 'mixturePrecision',
    call: ({ alpha: at, nOpt }) => mixturePrecision(at, nOpt),
    good: { alpha: 0.05, nOpt: 2000 },
    bad: { alpha, nOpt: notFrom(1) },
  }),
  domainRow({
    name: 'compareMeans',
    call: ({ a, b, alpha: at, nOpt }) => compareMeans(a, b, { alpha: at, nOpt }),
    good: { a: moments, b: moments, alpha: 0.05, nOpt: 2000 },
    bad: { a: badMoments, b: badMoments, alpha: level, nOpt: notFrom(1) },
  }),
  domainRow({
    name: 'oneSidedMeanEvidence',
    call: ({ a, b, alpha: at, nOpt, factor, side }) =>
      oneSidedMeanEvidence(a, b, { alpha: at, nOpt, factor, side }),
    good: { a: moments, b: moments, alpha: 0.05, nOpt: 2000, factor: 1.1, side: GREATER },
    bad: { a: badMoments, b: badMoments, alpha: level, nOpt: notFrom(1), factor: notAbove(0), side: word },
  }),
  domainRow({
    name: 'momentsOf',
    call: ({ count, sum, sumOfSquares }) => momentsOf(count, sum, sumOfSquares),
    good: { count: 3, sum: 6, sumOfSquares: 14 },
    bad: { count: notWholeFrom(0), sum: notFinite, sumOfSquares: notFrom(0) },
  }),
  domainRow({
    name: 'mergeMoments',
    call: ({ a, b }) => mergeMoments(a, b),
    good: { a: moments, b: moments },
    bad: { a: badMoments, b: badMoments },
  }),
  domainRow({
    name: 'varianceOf',
    call: ({ moments: of }) => varianceOf(of),
    good: { moments },
    bad: { moments: badMoments },
  }),
];

const sampleRatioRows: DomainRow[] = [
  domainRow({
    name: 'sampleRatioLogBayesFactor',
    call: ({ counts, weights, prior }) => sampleRatioLogBayesFactor(counts, weights, prior),
    good: { counts: split, weights: [1, 1], prior: 100 },
    bad: { counts: badCounts, weights: badWeights, prior: notAbove(0) },
  }),
  domainRow({
    name: 'lookAtSampleRatio',
    call: ({ state, counts, weights, prior }) => lookAtSampleRatio(state, counts, weights, prior),
    good: { state: emptySampleRatio(), counts: split, weights: [1, 1], prior: 100 },
    bad: {
      state: broken(emptySampleRatio(), ['logBayesFactor', 'maxLogBayesFactor']),
      counts: badCounts,
      weights: badWeights,
      prior: notAbove(0),
    },
  }),
  domainRow({
    name: 'foldSampleRatio',
    call: ({ state, added, weights, prior }) => foldSampleRatio(state, added, weights, prior),
    good: { state: emptyStagedSampleRatio(), added: split, weights: [1, 1], prior: 100 },
    bad: {
      state: broken(emptyStagedSampleRatio(), ['logBayesFactor', 'maxLogBayesFactor']),
      added: badCounts,
      weights: fc.oneof(withOneNotFinite([1, 1]), fc.constantFrom<unknown>([-1, 1], null)),
      prior: notAbove(0),
    },
  }),
];

export const rows: DomainRow[] = [...tlgRows, ...bettingRows, ...meanRows, ...sampleRatioRows];
