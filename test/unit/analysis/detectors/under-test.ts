/** Every detector with settings, what it claims, and how large its state may get. A new detector is tested by a row here. */
import {
  adwin,
  blockMeans,
  cusum,
  iqrAnomaly,
  ksDetector,
  kswin,
  learnedCusum,
  logScaled,
  madAnomaly,
  pageHinkley,
  psiDetector,
  seasonal,
  standardised,
  zScoreAnomaly,
  type Detector,
} from '../../../../src/analysis/index.ts';
import { sampleNormal, type Random } from '../../../../src/math/index.ts';

/** The level and noise of the streams that the suite draws: above 0, so that a log scale takes them. */
export const LEVEL = 20;
export const noisy = (random: Random, level: number): number => level + sampleNormal(random);

export interface UnderTest {
  readonly name: string;
  readonly detector: Detector<unknown>;
  /** Largest JSON of its state. */
  readonly bytes: number;
  /** Alarms in 2,000 sound values long after a shift, at most; null where it goes on alarming by design. */
  readonly whenSettled: number | null;
  /** Whether it says which way the values moved. */
  readonly tellsDirection: boolean;
}

const row = <S>(
  name: string,
  detector: Detector<S>,
  bytes: number,
  whenSettled: number | null = 0,
  tellsDirection = true,
): UnderTest => ({
  name,
  detector: {
    name: detector.name,
    start: detector.start,
    update: (state, value) => detector.update(state as S, value),
  },
  bytes,
  whenSettled,
  tellsDirection,
});

export const UNDER_TEST: readonly UnderTest[] = [
  row('adwin, window kept', adwin(), 12_000),
  row('adwin, reset', adwin({ afterAlarm: 'reset' }), 12_000),
  row('adwin, two buckets, every value', adwin({ maxBuckets: 1, clock: 1, minWindowLength: 1 }), 6000),
  row('page-hinkley', pageHinkley(), 250),
  row('page-hinkley, standardised', standardised(pageHinkley()), 500),
  row('page-hinkley, relearning', standardised(pageHinkley(), { relearn: true }), 500),
  row('cusum, given baseline', cusum({ mean: LEVEL, sd: 1, k: 0.5, h: 12 }), 100, null),
  row('cusum, learned baseline', learnedCusum({ h: 20 }), 250),
  row('kswin', kswin(), 15_000, 1, false),
  row('ks', ksDetector(), 40_000, 1, false),
  row('psi', psiDetector(), 40_000, 0, false),
  row('mad anomaly', madAnomaly(), 9000, 8),
  row('iqr anomaly', iqrAnomaly(), 9000, 50),
  row('z anomaly', zScoreAnomaly(), 9000, 20),
  row('adwin, log and standardised', logScaled(standardised(adwin()), { floor: 1 }), 13_000),
  row('adwin, seasonal', seasonal(adwin(), { period: 24 }), 14_000),
  row('learned cusum over means', blockMeans(learnedCusum({ warmUp: 100, h: 20 }), { block: 5 }), 350),
];
