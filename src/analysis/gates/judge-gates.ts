/** The gates of a look in words: whether the traffic has moved, is split as asked, and is labelled alike in both arms. */
import type { GateReport } from '../../domain/gate.ts';
import { SAMPLE_RATIO_LIMIT } from '../sample-ratio.ts';
import { plugIn, type TlgState } from '../tlg.ts';
import { LABEL_PARITY_LIMIT, labelsDiffer } from './label-parity.ts';
import type { ShareGate } from './share-gate.ts';

const pct = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A gateway that has seen fewer requests than this since the write may simply have had no traffic. */
const ENOUGH_TO_TELL = 100;

const shareOf = ({ stable, candidate }: ShareGate['seen']): number | null =>
  stable + candidate === 0 ? null : candidate / (stable + candidate);

const judgeShare = (gate: ShareGate, nowMs: number): GateReport => {
  const { weightPct, seen, movedAtMs } = gate;
  const share = shareOf(movedAtMs === null || shareOf(gate.counted) === null ? seen : gate.counted);
  const report = { id: 'share', observed: share === null ? null : 100 * share, limit: weightPct } as const;
  if (movedAtMs !== null) {
    const since = new Date(movedAtMs).toISOString();
    return { ...report, outcome: 'pass', reason: `the traffic moved to ${weightPct} % at ${since}` };
  }
  const requests = seen.stable + seen.candidate;
  const said = `${weightPct} % was written`;
  if (share === null)
    return { ...report, outcome: 'waiting', reason: `${said}, and no request has come since` };
  const seenShare = `${pct(share)} of ${requests} requests since went to the candidate`;
  const late = nowMs > gate.setAtMs + gate.convergeMs && requests >= ENOUGH_TO_TELL;
  return late
    ? { ...report, outcome: 'fail', reason: `${said}, and ${seenShare}: the gateway does not serve it` }
    : { ...report, outcome: 'waiting', reason: `${said}, ${seenShare}` };
};

const judgeSplit = (gate: ShareGate): GateReport => {
  const { weightPct, counted } = gate;
  const share = shareOf(counted);
  const report = {
    id: 'sampleRatio',
    observed: gate.logBayesFactor,
    limit: SAMPLE_RATIO_LIMIT,
  } as const;
  if (share === null) return { ...report, outcome: 'waiting', reason: 'nothing counted at this step yet' };
  const found = `${pct(share)} of ${counted.stable + counted.candidate} to the candidate, ${weightPct} % asked`;
  return gate.mismatch
    ? { ...report, outcome: 'fail', reason: `the split is broken: ${found}` }
    : { ...report, outcome: 'pass', reason: found };
};

const judgeParity = (parity: TlgState): GateReport => {
  const report = { id: 'labelParity', observed: parity.maxLogE, limit: LABEL_PARITY_LIMIT } as const;
  if (parity.nA === 0 || parity.nB === 0) {
    return { ...report, outcome: 'unknown', reason: 'exposures of both arms are not known' };
  }
  const rates = `${pct(plugIn(parity.nA, parity.sA))} of stable and ${pct(plugIn(parity.nB, parity.sB))} of candidate exposures are labelled`;
  return labelsDiffer(parity)
    ? { ...report, outcome: 'fail', reason: `${rates}: the arms are not labelled alike` }
    : { ...report, outcome: 'pass', reason: rates };
};

/** The three gates, in the order in which they come true. Total. */
export const judgeGates = (gate: ShareGate, parity: TlgState, nowMs: number): readonly GateReport[] => [
  judgeShare(gate, nowMs),
  judgeSplit(gate),
  judgeParity(parity),
];
