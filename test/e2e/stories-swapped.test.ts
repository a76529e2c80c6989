// Both stories on a new data folder, with the contenders' recorded rows exchanged and nothing else: what decides is what was recorded, not the names.
import { expect, test } from 'vitest';
import { contenders, useStories } from './story.ts';

const tell = useStories();

test('With the recorded rows exchanged: both outcomes are exchanged with them', async () => {
  const [first, second] = await contenders();
  expect(await tell('--seed', '6', '--swap')).toEqual({ promoted: second, tried: first });
});
