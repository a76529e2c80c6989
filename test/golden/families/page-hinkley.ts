/** Page-Hinkley as River does it. */
import { pageHinkley } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly params: {
    readonly min_instances: number;
    readonly delta: number;
    readonly threshold: number;
    readonly alpha: number;
    readonly mode: 'up' | 'down' | 'both';
  };
  readonly stream: readonly number[];
}

export const adapter = goldenAdapter<Input>({
  family: 'page_hinkley',
  answer: ({ params: { min_instances: minInstances, ...rest }, stream }) => {
    const detector = pageHinkley({ minInstances, ...rest });
    let state = detector.start();
    const detections = stream.flatMap((value, i) => {
      const detected = detector.update(state, value);
      state = detected.state;
      return detected.alarm === null ? [] : [i];
    });
    return { detections };
  },
});
