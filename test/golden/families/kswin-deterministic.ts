/** KSWIN without a random subsample. */
import { kswin } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly stream: readonly number[];
  readonly window: number;
  readonly recent: number;
  readonly alpha: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'kswin_deterministic',
  answer: ({ stream, window, recent, alpha }) => {
    const detector = kswin({ window, recent, alpha, every: 1 });
    let state = detector.start();
    const detections = stream.flatMap((value, i) => {
      const detected = detector.update(state, value);
      state = detected.state;
      return detected.alarm === null ? [] : [i];
    });
    return { detections };
  },
});
