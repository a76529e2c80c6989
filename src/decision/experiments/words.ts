/** Numbers as people read them. Decides nothing. */

/** A count with thousands separators, such as 2,400. */
export const inThousands = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/gu, ',');

/** A rate that may be below one. */
export const perHourInWords = (value: number): string =>
  value >= 10 ? inThousands(value) : String(Number(value.toPrecision(2)));

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const counted = (value: number, unit: string): string =>
  `${inThousands(value)} ${unit}${value === 1 ? '' : 's'}`;

/** "10 days", "7 hours", "12 minutes": rounded up, so that nothing is promised too early. */
export const daysInWords = (ms: number): string => {
  if (ms >= 2 * DAY_MS) return counted(Math.ceil(ms / DAY_MS - 1e-9), 'day');
  if (ms >= 2 * HOUR_MS) return counted(Math.ceil(ms / HOUR_MS - 1e-9), 'hour');
  return counted(Math.max(1, Math.ceil(ms / 60_000 - 1e-9)), 'minute');
};

/** Up to three digits: 0.842, 12.3, 1,430. */
export const shortly = (value: number): string =>
  Math.abs(value) >= 1000 ? inThousands(value) : String(Number(value.toPrecision(3)));

/** "+5.1 %" of a share of 0.051; signed. */
export const signedPct = (share: number): string =>
  `${share < 0 ? '' : '+'}${Number((share * 100).toFixed(1))} %`;

/** "+4.1 points" of a difference of shares of 0.041; signed. */
export const signedPoints = (difference: number): string =>
  `${difference < 0 ? '' : '+'}${Number((difference * 100).toFixed(1))} points`;

/** "$0.0042", in US dollars. */
export const usd = (value: number): string => `${value < 0 ? '-' : ''}$${shortly(Math.abs(value))}`;
