// Both stories on a new data folder, as recorded. With the contenders' rows exchanged: `stories-swapped.test.ts`.
import { expect, test } from 'vitest';
import { contenders, useStories } from './story.ts';

const tell = useStories();

test('As recorded: the first contender is promoted, the second is taken back', async () => {
  const [first, second] = await contenders();
  expect(await tell('--seed', '5')).toEqual({ promoted: first, tried: second });
});
