/** One update of each detector on one stream, against River. */
import {
  adwin,
  kswin,
  learnedCusum,
  madAnomaly,
  pageHinkley,
  psiDetector,
  RIVER_PAGE_HINKLEY,
  standardised,
  type Detector,
} from '../../../src/analysis/index.ts';
import type { HotFunction, Reference } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const LENGTH = 3000;

export const detecting = ({ normal }: Inputs): readonly HotFunction[] => {
  const stream = [...normal(LENGTH / 2), ...normal(LENGTH / 2, 0.5)];
  const river = (name: string, kind: string): Reference => ({
    name: `river ${name}`,
    task: 'detector',
    input: { kind, stream },
  });
  /** Alarms are counted, so that a reference that raises others is seen. */
  const of = <S>(
    name: string,
    call: string,
    detector: Detector<S>,
    reference?: Reference,
    sameAlarms = false,
  ): HotFunction => {
    const run = (): number => {
      let [state, alarms] = [detector.start(), 0];
      for (const value of stream) {
        const found = detector.update(state, value);
        state = found.state;
        if (found.alarm !== null) alarms += 1;
      }
      return alarms;
    };
    return {
      name,
      call: `one value, ${call}`,
      run,
      calls: stream.length,
      ...(reference === undefined ? {} : { reference }),
      ...(sameAlarms ? { values: () => [run()] } : {}),
    };
  };
  return [
    of('adwin', 'delta .002', adwin(), river('ADWIN', 'adwin')),
    of(
      'pageHinkley',
      "river's settings",
      pageHinkley(RIVER_PAGE_HINKLEY),
      river('PageHinkley', 'pageHinkley'),
    ),
    of('kswin', '300 kept, 100 newest', kswin({ alpha: 0.005 }), river('KSWIN', 'kswin')),
    of('cusum', 'learned baseline', learnedCusum()),
    of('psiDetector', 'reference 1,000', psiDetector()),
    of('madAnomaly', 'window 200', madAnomaly()),
    of('standardisedAdwin', 'learned scale', standardised(adwin())),
  ];
};
