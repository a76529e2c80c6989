/** ADWIN in both of its ways to go on after a cut. */
import { adwin, adwinEstimate, type AdwinState } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly params: {
    readonly delta: number;
    readonly clock: number;
    readonly max_buckets: number;
    readonly min_window_length: number;
    readonly grace_period: number;
  };
  readonly stream: readonly number[];
}

const run = ({ params, stream }: Input, afterAlarm: 'keep' | 'reset') => {
  const detector = adwin({
    delta: params.delta,
    clock: params.clock,
    maxBuckets: params.max_buckets,
    minWindowLength: params.min_window_length,
    gracePeriod: params.grace_period,
    afterAlarm,
  });
  let state: AdwinState = detector.start();
  const detections = stream.flatMap((value, i) => {
    const detected = detector.update(state, value);
    state = detected.state;
    return detected.alarm === null ? [] : [i];
  });
  const { width, mean } = adwinEstimate(state);
  return { detections, width, mean: mean ?? 0 };
};

export const adapter = goldenAdapter<Input>({
  family: 'adwin',
  answer: (input) => {
    const [reset, keep] = [run(input, 'reset'), run(input, 'keep')];
    return {
      detections_river: reset.detections,
      width_river: reset.width,
      estimation_river: reset.mean,
      detections_keep_window: keep.detections,
      width_keep_window: keep.width,
      estimation_keep_window: keep.mean,
    };
  },
});
