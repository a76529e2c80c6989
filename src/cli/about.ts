/** About how long something takes, in words. Shows; decides nothing. */

/** Rounded up to two units: 3,725,000 -> "1h 3m". */
export function about(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const first = units.findIndex(([, size]) => ms >= size);
  if (first === -1) return '1s';
  const [name, size] = units[first] ?? ['s', 1_000];
  const next = units[first + 1];
  if (!next) return `${Math.ceil(ms / size)}${name}`;
  const rest = Math.ceil((ms % size) / next[1]);
  const whole = Math.floor(ms / size);
  if (rest * next[1] >= size) return `${whole + 1}${name}`;
  return rest === 0 ? `${whole}${name}` : `${whole}${name} ${rest}${next[0]}`;
}
