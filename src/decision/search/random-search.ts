/** Independent draws from a space. Bergstra, Bengio, JMLR 13, 2012: better than a grid where few dimensions matter. */
import { requireWhole } from '../../math/require.ts';
import type { Random } from '../../math/random.ts';
import { configurationAt, requireSpace, type Configuration, type Dimension } from './space.ts';

/**
 * `n` configurations; each takes one draw per dimension, in the order of the space, so a longer list begins with the shorter one.
 * @throws RangeError naming `space` or `n` (a whole number from 0).
 */
export const drawConfigurations = (
  space: readonly Dimension[],
  n: number,
  random: Random,
): readonly Configuration[] => {
  requireSpace(space);
  requireWhole('n', n, 0);
  return Array.from({ length: n }, () =>
    configurationAt(
      space,
      space.map(() => random.next()),
    ),
  );
};
