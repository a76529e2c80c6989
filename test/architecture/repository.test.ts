/** The rules, held against this repository. Each violation is one line that says where and why. */
import { describe, expect, it } from 'vitest';
import * as rules from './rules.ts';
import { readSources, readTexts, topFolders } from './source-files.ts';

const sources = readSources();
const texts = readTexts();

describe('imports run one way', () => {
  it.each<[string, rules.Rule]>([
    ['the pure core imports the pure core only', rules.pureCore],
    ['the pure core takes time, chance and environment as arguments', rules.pureCoreTakesTimeAndChance],
    ['workflows name the SDK, domain, state and types of activities', rules.workflows],
    ['workflows load nothing but the SDK, through any number of files', rules.workflowsLoadNothingElse],
    ['activities reach the world through ports', rules.activities],
    ['ports are types', rules.portsAreTypes],
    ['nothing but the command line knows the workers', rules.nobodyImportsWorkers],
    ['adapters do not know who uses them', rules.adaptersDoNotKnowWhoUsesThem],
    ['nothing imports itself in a circle', rules.noCycles],
  ])('%s', (_what, rule) => {
    expect(rule(sources)).toEqual([]);
  });

  it('every relative import names a file that is there', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ file }) => file !== null && file.endsWith('.ts') && !paths.has(file))
        .map(({ file }) => `${path}: ${file}`),
    );
    expect(missing).toEqual([]);
  });

  it('the files that the rules speak of are there', () => {
    for (const folder of ['src/domain', 'src/state', 'src/ports', 'workflows', 'activities', 'workers']) {
      expect(sources.filter(({ path }) => path.startsWith(`${folder}/`)).length).toBeGreaterThan(2);
    }
  });
});

describe('files and names', () => {
  it.each<[string, rules.Rule]>([
    ['no file is longer than 400 lines', rules.shortFiles],
    ['names are kebab-case', rules.kebabCase],
    ['every folder of src lists its public names', rules.everyFolderHasAnIndex],
    ['no index exports a star', rules.noStarExports],
    ['nothing is of any type', rules.noAny],
    ['nothing is cast through unknown', rules.noDoubleCast],
    ['the compiler is not silenced', rules.noSilencedCompiler],
    ['nothing is left to be done', rules.nothingUnfinished],
  ])('%s', (_what, rule) => {
    expect(rule(sources)).toEqual([]);
  });

  it('the top folders are the given ones', () => {
    expect(rules.knownTopFolders(topFolders())).toEqual([]);
  });

  it('no file names a package registry or a path of one machine', () => {
    expect([...rules.noRegistryHosts(texts), ...rules.noDeveloperPaths(texts)]).toEqual([]);
  });
});
