import { describe, expect, it } from 'vitest';
import { goldenFiles, loadAdapters, readFamily, runCase } from '../../golden/run.ts';

const adapters = await loadAdapters();
const folder = new URL('../../golden', import.meta.url).pathname;

describe.each(goldenFiles(folder).map((file) => readFamily(file, adapters)))(
  'golden $name',
  ({ adapter, family }) => {
    it('has an implementation', () => expect(adapter).not.toBeNull());
    if (adapter === null) return;
    it.each([...family.cases])('$id', (goldenCase) => {
      expect(runCase(adapter, family, goldenCase).problems).toEqual([]);
    });
  },
);
