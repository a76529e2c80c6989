/**
 * Units of metrics (OpenTelemetry, "Instrument Units": UCUM, case-sensitive) and which can be turned into which. Pure.
 */

/** How many of its kind's base unit one is. */
const KINDS: readonly Readonly<Record<string, number>>[] = [
  { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3_600, d: 86_400 },
  { By: 1, kBy: 1e3, KiBy: 1_024, MBy: 1e6, MiBy: 1_024 ** 2, GBy: 1e9, GiBy: 1_024 ** 3 },
  { '1': 1, '%': 0.01 },
];

/** As senders write them that do not follow UCUM, in any case. Of what is counted, the conventions put the name into braces. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['nanoseconds', 'ns'],
  ['microseconds', 'us'],
  ['µs', 'us'],
  ['μs', 'us'],
  ['milliseconds', 'ms'],
  ['seconds', 's'],
  ['minutes', 'min'],
  ['hours', 'h'],
  ['bytes', 'By'],
  ['percent', '%'],
  ['sec', 's'],
  ['second', 's'],
  ['msec', 'ms'],
  ['millisecond', 'ms'],
  ['usec', 'us'],
  ['microsecond', 'us'],
  ['nanosecond', 'ns'],
  ['minute', 'min'],
  ['hour', 'h'],
  ['byte', 'By'],
  ...['token', 'request', 'call', 'operation', 'event', 'error', 'choice', 'time', 'count'].flatMap(
    (counted): (readonly [string, string])[] => [
      [counted, '1'],
      [`${counted}s`, '1'],
    ],
  ),
]);

/** One text for units that are the same: `{token}` and `{request}` are `1`. Empty when none is stated. */
export function canonicalUnit(stated: string): string {
  if (stated === '') return '';
  const unit = stated.replace(/\{[^{}]*\}/gu, '');
  return OTHER_NAMES.get(unit.toLowerCase()) ?? (unit === '' ? '1' : unit);
}

/**
 * By what a value is multiplied to be in another unit; both canonical. 1 where one of them is not stated.
 * @returns null when the one cannot be turned into the other
 */
export function factorBetween(from: string, to: string): number | null {
  if (from === to || from === '' || to === '') return 1;
  const kind = KINDS.find((each) => Object.hasOwn(each, from) && Object.hasOwn(each, to));
  const [one, other] = [kind?.[from], kind?.[to]];
  if (one === undefined || other === undefined) return null;
  // Powers of ten are exact one way only: 1e-3 is no double, 1,000 is.
  return one >= other ? exact(one / other) : 1 / exact(other / one);
}

/** A ratio that rounding alone keeps from being whole as that; binary bytes in decimal ones are none. */
function exact(ratio: number): number {
  const whole = Math.round(ratio);
  return Math.abs(ratio - whole) < 1e-9 * ratio ? whole : ratio;
}
