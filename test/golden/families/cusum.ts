/** CUSUM against a given baseline. The sums before a reset are what the alarm tells. */
import { cusum } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly stream: readonly number[];
  readonly mu0: number;
  readonly sigma0: number;
  readonly k: number;
  readonly h: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'cusum',
  answer: ({ stream, mu0, sigma0, k, h }) => {
    const detector = cusum({ mean: mu0, sd: sigma0, k, h });
    // The sums of a value that raises an alarm are read from a twin that never does.
    const twin = cusum({ mean: mu0, sd: sigma0, k, h: Number.MAX_VALUE });
    let state = detector.start();
    let sums = state;
    const [up, down]: [number[], number[]] = [[], []];
    const detections: [number, string][] = [];
    stream.forEach((value, i) => {
      sums = twin.update(state, value).state;
      const detected = detector.update(state, value);
      state = detected.state;
      up.push(sums.up);
      down.push(sums.down);
      if (detected.alarm !== null) detections.push([i, detected.alarm.direction]);
    });
    return {
      detections,
      last_c_plus: sums.up,
      last_c_minus: sums.down,
      max_c_plus: Math.max(...up),
      max_c_minus: Math.max(...down),
    };
  },
});
