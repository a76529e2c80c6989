/** Our detectors with their recommended settings per kind of stream, and the naive ones that they stand beside. */
import {
  adwin,
  flooredPsi,
  ksDetector,
  kswin,
  ksTwoSample,
  learnedCusum,
  logScaled,
  madAnomaly,
  pageHinkley,
  psiBins,
  psiCounts,
  psiDetector,
  standardised,
  type Alarm,
  type Detector,
} from '../../../src/analysis/index.ts';
import type { StreamKind } from './streams.ts';

export interface Contestant {
  /** Begins the names of its figures. */
  readonly key: string;
  readonly label: string;
  /** Share of the streams that it is run on. */
  readonly share: number;
  readonly of: (kind: StreamKind) => Detector<unknown>;
}

/** The smallest cost or latency that counts; far below any that is drawn. */
const FLOOR = 1e-9;

const erased = <S>({ name, start, update }: Detector<S>): Detector<unknown> => ({
  name,
  start,
  update: (state, value) => update(state as S, value),
});

/** The detector on logarithms where values are skewed. */
const logged = <S>(kind: StreamKind, detector: Detector<S>): Detector<unknown> =>
  erased(kind.skewed ? logScaled(detector, { floor: FLOOR }) : detector);

export const OURS: readonly Contestant[] = [
  {
    key: 'adwin',
    label: 'ADWIN (default)',
    share: 1,
    // Outcomes of 0 and 1 are what ADWIN's bound is for; the others are brought to about that size.
    of: (kind) => (kind.skewed ? logged(kind, standardised(adwin())) : erased(adwin())),
  },
  { key: 'cusum', label: 'CUSUM, learned', share: 1, of: (kind) => logged(kind, learnedCusum()) },
  {
    key: 'pageHinkley',
    label: 'Page-Hinkley',
    share: 1,
    of: (kind) => logged(kind, standardised(pageHinkley())),
  },
  { key: 'ks', label: 'KS, error spent', share: 0.25, of: () => erased(ksDetector()) },
  { key: 'kswin', label: 'KSWIN', share: 0.25, of: () => erased(kswin()) },
  { key: 'psi', label: 'PSI > .2 and bound', share: 0.25, of: () => erased(psiDetector()) },
  {
    key: 'psiBound',
    label: 'PSI > bound alone',
    share: 0.25,
    of: () => erased(psiDetector({ leastPsi: 0 })),
  },
  { key: 'mad', label: 'MAD (not for 0 and 1)', share: 0.1, of: (kind) => logged(kind, madAnomaly()) },
];

/** Windows that follow each other, each compared with one reference that never changes: what a cron job with a library does. */
const everyWindow = (
  name: string,
  reference: number,
  window: number,
  judge: (reference: readonly number[], current: readonly number[]) => Alarm | null,
): Detector<unknown> =>
  erased<{ readonly reference: readonly number[]; readonly current: readonly number[] }>({
    name,
    start: () => ({ reference: [], current: [] }),
    update: (state, value) => {
      if (state.reference.length < reference) {
        return { state: { ...state, reference: [...state.reference, value] }, alarm: null };
      }
      const current = [...state.current, value];
      if (current.length < window) return { state: { ...state, current }, alarm: null };
      return { state: { ...state, current: [] }, alarm: judge(state.reference, current) };
    },
  });

const flagged = (statistic: number, threshold: number): Alarm => ({
  direction: 'changed',
  reason: 'naive',
  statistic,
  threshold,
});

const REFERENCE = 500;

export const NAIVE: readonly Contestant[] = [
  {
    key: 'naiveKs',
    label: 'naive: hourly KS at .05',
    share: 0.25,
    of: () =>
      everyWindow('naive KS', REFERENCE, 60, (reference, current) => {
        const test = ksTwoSample(reference, current);
        return test.ok && test.value.p <= 0.05 ? flagged(test.value.p, 0.05) : null;
      }),
  },
  {
    key: 'naivePsi',
    label: 'naive: PSI > .1 of 100',
    share: 0.25,
    of: () =>
      everyWindow('naive PSI', REFERENCE, 100, (reference, current) => {
        const bins = psiBins(reference);
        if (!bins.ok) return null;
        const psi = flooredPsi(bins.value.counts, psiCounts(bins.value.edges, current));
        return psi.ok && psi.value > 0.1 ? flagged(psi.value, 0.1) : null;
      }),
  },
];
