/**
 * The rules of the architecture page as functions from sources to violations, so that each can be tried on a bad snippet. A
 * violation is one line: the file, and what is wrong with it.
 */
import type { ResolvedImport, Source } from './source-files.ts';

export type Rule = (sources: readonly Source[]) => readonly string[];

const PURE = /^src\/(?:domain|state|math|analysis|bandits|decision|strategies)\//u;
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Violations of the imports of the files under `where`: each import must be `allowed`. */
const imports =
  (where: RegExp, allowed: (it: ResolvedImport, source: Source) => boolean, why: string): Rule =>
  (sources) =>
    sources
      .filter((source) => where.test(source.path))
      .flatMap((source) =>
        source.imports
          .filter((it) => !allowed(it, source))
          .map(
            (it) => `${source.path}: imports ${it.typeOnly ? 'the types of ' : ''}${it.specifier}; ${why}`,
          ),
      );

/** Violations of words in the code of the files under `where`. */
const words =
  (where: RegExp, word: RegExp, view: 'code' | 'comments', why: string): Rule =>
  (sources) =>
    sources
      .filter((source) => where.test(source.path))
      .flatMap((source) => {
        const found = word.exec(source[view]);
        return found ? [`${source.path}: ${found[0].trim()}; ${why}`] : [];
      });

export const pureCore = imports(
  PURE,
  ({ file, specifier }, { path }) =>
    file === null
      ? ['simple-statistics', 'pure-rand'].includes(packageOf(specifier)) ||
        (specifier === 'zod' && path.startsWith('src/domain/'))
      : PURE.test(file),
  'the pure core knows nothing of what is around it',
);

export const pureCoreTakesTimeAndChance = words(
  PURE,
  /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\.env\b|\bperformance\.now\b|\bcrypto\./u,
  'code',
  'time, randomness and environment are arguments',
);

export const workflows = imports(
  /^workflows\//u,
  ({ file, specifier, typeOnly }) => {
    if (file === null) return ['@temporalio/workflow', '@temporalio/common'].includes(packageOf(specifier));
    if (file.startsWith('workflows/') || /^src\/(?:domain|state)\//u.test(file)) return true;
    return typeOnly && (file.startsWith('activities/') || PURE.test(file));
  },
  'workflows order events: the SDK, domain, state, and types of activities',
);

/** What a workflow loads at run time, through any number of files, is the SDK and nothing else. */
export const workflowsLoadNothingElse: Rule = (sources) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const it of byPath.get(path)?.imports ?? []) {
      if (it.typeOnly) continue;
      if (it.file !== null) visit(it.file);
      else if (!['@temporalio/workflow', '@temporalio/common'].includes(packageOf(it.specifier))) {
        problems.push(`${path}: loads ${it.specifier}, and a workflow loads it`);
      }
    }
  };
  for (const { path } of sources) if (path.startsWith('workflows/')) visit(path);
  return problems;
};

export const activities = imports(
  /^activities\//u,
  ({ file, specifier }) =>
    file === null
      ? ['@temporalio/activity', 'node:crypto'].includes(specifier)
      : /^(?:activities|src\/ports)\//u.test(file) || PURE.test(file),
  'activities reach the world through ports only',
);

export const portsAreTypes: Rule = (sources) =>
  sources
    .filter(({ path }) => path.startsWith('src/ports/'))
    .flatMap(({ path, code, imports: named }) => [
      ...named.filter((it) => !it.typeOnly).map((it) => `${path}: loads ${it.specifier}; ports are types`),
      ...(/\bexport\s+(?:const|let|var|function|async|class|default|enum)\b/u.exec(code) ?? []).map(
        (found) => `${path}: ${found}; ports are types`,
      ),
    ]);

export const nobodyImportsWorkers = imports(
  /^(?:src\/(?!cli\/)|workflows\/|activities\/|deploy\/)/u,
  ({ file }) => file === null || !file.startsWith('workers/'),
  'workers wire everything: nothing but the command line knows them',
);

export const adaptersDoNotKnowWhoUsesThem = imports(
  /^src\/(?:adapters|ingest|gateway|replay|embedded|telemetry)\//u,
  ({ file, typeOnly }) =>
    file === null || typeOnly || !/^(?:activities|workflows|workers|src\/(?:cli|api))\//u.test(file),
  'imports run one way',
);

/** Files that import each other in a circle, each circle once. */
export const noCycles: Rule = (sources) => {
  const next = new Map(
    sources.map(({ path, imports: named }) => [
      path,
      named.flatMap(({ file }) => (file === null ? [] : [file])),
    ]),
  );
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) problems.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    else if (!done.has(path)) {
      for (const file of next.get(path) ?? []) visit(file, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of next.keys()) visit(path, []);
  return problems;
};

const LONGEST = 400;
export const shortFiles: Rule = (sources) =>
  sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > LONGEST)
    .map(({ path, lines }) => `${path}: ${lines} lines, at most ${LONGEST}`);

export const kebabCase: Rule = (sources) =>
  sources
    .filter(({ path }) => !path.split('/').every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/u.test(part)))
    .map(({ path }) => `${path}: names are kebab-case`);

/** Folders that are collections of single files, by the architecture: each file is imported by its own name. */
const WITHOUT_INDEX = ['src/domain', 'src/ports', 'src/client', 'src/config', 'src/state', 'src/cli'];

/** Folders right under `src`, and each adapter, list their public names in `index.ts`. */
export const everyFolderHasAnIndex: Rule = (sources) => {
  const folders = new Set(
    sources.flatMap(
      ({ path }) => /^src\/(?:adapters\/[^/]+|state\/[^/]+|(?!adapters\/)[^/]+)(?=\/)/u.exec(path) ?? [],
    ),
  );
  return [...folders]
    .filter((folder) => !WITHOUT_INDEX.includes(folder))
    .filter((folder) => !sources.some(({ path }) => path === `${folder}/index.ts`))
    .map((folder) => `${folder}: has no index.ts`);
};

export const noStarExports = words(/./u, /\bexport\s*\*/u, 'code', 'an index lists its names');
export const noAny = words(
  /./u,
  /[:<,|&=(]\s*any\b(?!\s*[.(:=?])|\bas\s+any\b|\bany\[\]/u,
  'code',
  'a type says what a value is',
);
export const noDoubleCast = words(/./u, /\bas\s+unknown\s+as\b/u, 'code', 'parse it or type it');
export const noSilencedCompiler = words(
  /./u,
  /@ts-(?:ignore|nocheck|expect-error)/u,
  'comments',
  'mend the type',
);
export const nothingUnfinished = words(
  /./u,
  /\b(?:TODO|FIXME|XXX)\b/u,
  'comments',
  'finish it or say why not',
);

type Text = Pick<Source, 'path' | 'text'>;
const texts =
  (found: RegExp, why: string) =>
  (files: readonly Text[]): readonly string[] =>
    files.flatMap(({ path, text }) => {
      const match = found.exec(text);
      return match ? [`${path}: ${match[0]}; ${why}`] : [];
    });

export const noRegistryHosts = texts(
  /registry\.(?:npmjs|yarnpkg)\b|\bpypi\.(?:org|python)|proxy\.golang\b|repo1?\.maven\b|\bartifactory\b|\.jfrog\.|"resolved":\s*"http/iu,
  'where packages come from is the reader’s own setting',
);
export const noDeveloperPaths = texts(
  /(?<![\w.~$}\])-])\/(?:root|home\/(?!node\b|user\b)[\w-]+|Users\/[\w-]+|work)\/[\w.-]/u,
  'no path of one machine',
);

const TOP = ['src', 'workflows', 'activities', 'workers', 'deploy', 'test'];
export const knownTopFolders = (folders: readonly string[]): readonly string[] =>
  folders
    .filter((folder) => !TOP.includes(folder))
    .map((folder) => `${folder}: the top folders are ${TOP.join(', ')}`);
