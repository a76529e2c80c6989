/**
 * Which values are nested so deeply that writing them down again would overflow the stack: a parser reads a million levels, nothing else does.
 */
const MOST_LEVELS = 64;

export const EXPECTED_NESTING = `at most ${MOST_LEVELS} levels of lists and objects`;

/** @param value as JSON.parse or a protobuf reader makes it */
export function isTooDeep(value: unknown, levels: number = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (levels === 0) return true;
  for (const each of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof each === 'object' && each !== null && isTooDeep(each, levels - 1)) return true;
  }
  return false;
}
