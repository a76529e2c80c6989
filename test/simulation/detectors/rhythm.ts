/** Recorded request rates with a daily rhythm (`data/README.md`): who alarms every morning, and who still sees a change. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  adwin,
  cusum,
  ksTwoSample,
  learnedCusum,
  logScaled,
  madAnomaly,
  seasonal,
  standardised,
  type Detector,
} from '../../../src/analysis/index.ts';
import { alarmsOn } from './measure.ts';

/** Windows of ten minutes in a day and in an hour. */
const DAY = 144;
const HOUR = 6;
/** The hours of the recorded rise. */
const MORNING = [5, 11] as const;
/** Days without an outage, of fourteen; the first two are learned from. */
const CALM_DAYS = 9;
const LEARNED_DAYS = 2;
/** Where a change is put in: the afternoon of the seventh day. */
const CHANGE_AT = 6 * DAY + 14 * HOUR;

const readRates = (): readonly number[] =>
  gunzipSync(readFileSync(join(import.meta.dirname, 'data/request-rates.csv.gz')))
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[2]));

/** Windows without a request have a rate of 0 and count as this. */
const FLOOR = 1;

/**
 * The recommended one: what a window differs from its own slot of the days before, on a log scale; an alarm when more than 30 % of it adds up. Rates of
 * real traffic are not independent, so the allowance is a change that matters and not a number of standard deviations.
 */
const recommended = () =>
  logScaled(seasonal(cusum({ mean: 0, sd: 1, k: 0.3, h: 5 }), { period: DAY, seasons: LEARNED_DAYS }), {
    floor: FLOOR,
  });

const spikes = () =>
  logScaled(seasonal(madAnomaly({ window: 7 * DAY, least: DAY }), { period: DAY, seasons: LEARNED_DAYS }), {
    floor: FLOOR,
  });

/** Each hour against the hour before it, at .05. */
const hourlyKs: Detector<{ readonly before: readonly number[]; readonly hour: readonly number[] }> = {
  name: 'hourly KS',
  start: () => ({ before: [], hour: [] }),
  update: (state, value) => {
    const hour = [...state.hour, value];
    if (hour.length < HOUR) return { state: { ...state, hour }, alarm: null };
    const test = ksTwoSample(state.before, hour);
    const moved = test.ok && test.value.p <= 0.05;
    return {
      state: { before: hour, hour: [] },
      alarm: moved
        ? { direction: 'changed', reason: 'naive', statistic: test.value.p, threshold: 0.05 }
        : null,
    };
  },
};

export interface RhythmRow {
  readonly key: string;
  readonly label: string;
  /** Of the calm days after the learned ones: with an alarm in the morning, and alarms in all. */
  readonly mornings: number;
  readonly days: number;
  readonly alarms: number;
  /** Of the days of outages and surges that follow: with an alarm, and all. */
  readonly disturbed: number;
  readonly disturbedDays: number;
  /** Hours from a change to the first alarm; null when there was none within two days. */
  readonly doubledHours: number | null;
  readonly halvedHours: number | null;
}

const hoursTo = <S>(detector: Detector<S>, rates: readonly number[], factor: number): number | null => {
  const changed = rates.map((rate, i) => (i < CHANGE_AT ? rate : rate * factor));
  const first = alarmsOn(detector, changed).find((at) => at >= CHANGE_AT);
  return first === undefined || first - CHANGE_AT >= 2 * DAY ? null : (first - CHANGE_AT) / HOUR;
};

const daysOf = (alarms: readonly number[]): number => new Set(alarms.map((at) => Math.floor(at / DAY))).size;

const rowOf = <S>(key: string, label: string, detector: Detector<S>, rates: readonly number[]): RhythmRow => {
  const all = alarmsOn(detector, rates).filter((at) => at >= LEARNED_DAYS * DAY);
  const alarms = all.filter((at) => at < CALM_DAYS * DAY);
  const isMorning = (at: number): boolean => {
    const hour = (at % DAY) / HOUR;
    return hour >= MORNING[0] && hour < MORNING[1];
  };
  return {
    key,
    label,
    mornings: daysOf(alarms.filter(isMorning)),
    days: CALM_DAYS - LEARNED_DAYS,
    alarms: alarms.length,
    disturbed: daysOf(all.filter((at) => at >= CALM_DAYS * DAY)),
    disturbedDays: rates.length / DAY - CALM_DAYS,
    doubledHours: hoursTo(detector, rates, 2),
    halvedHours: hoursTo(detector, rates, 0.5),
  };
};

/** With and without the daily profile. */
export const measureRhythm = (): readonly RhythmRow[] => {
  const rates = readRates();
  const raw = { floor: FLOOR };
  return [
    rowOf('rhythm', 'daily profile, CUSUM of 30 %', recommended(), rates),
    rowOf('rhythmMad', 'daily profile, MAD', spikes(), rates),
    rowOf('rhythmAdwinRaw', 'ADWIN without profile', logScaled(standardised(adwin()), raw), rates),
    rowOf('rhythmCusumRaw', 'CUSUM without profile', logScaled(learnedCusum({ warmUp: DAY }), raw), rates),
    rowOf('rhythmNaiveKs', 'naive: KS to the hour before', hourlyKs, rates),
  ];
};
