/** How many reasons of one export are kept one by one: a sender can make each of its points one of its own. Pure. */
const MOST_REASONS = 100;

/**
 * The first reasons, and all others as one.
 * @param rest makes one of those that are left
 */
export function boundReasons<R>(
  all: readonly R[],
  rest: (left: readonly R[], reason: string) => R,
): readonly R[] {
  if (all.length <= MOST_REASONS) return all;
  const left = all.slice(MOST_REASONS);
  return [...all.slice(0, MOST_REASONS), rest(left, `${left.length} further reasons`)];
}
