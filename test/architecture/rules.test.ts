/** Every rule on snippets that break it and on snippets that do not: a rule that cannot fail holds nothing up. */
import { describe, expect, it } from 'vitest';
import * as rules from './rules.ts';
import { importsOf, scan } from './scan.ts';
import { sourceOf } from './source-files.ts';

const at = (path: string, text: string) => [sourceOf(path, text)];
const slash = '/';

describe('the scanner', () => {
  it('finds every way to name a module, and tells types from code', () => {
    const found = importsOf(`
      import a from './a.ts';
      import type { B } from './b.ts';
      import { type C, d } from './c.ts';
      import * as e from './e.ts';
      import './f.ts';
      export { g } from './g.ts';
      export type { H } from './h.ts';
      export * from './i.ts';
      import {
        long,
      } from './j.ts';
      const k = await import('./k.ts');
      const l = require("./l.ts");
      import type from './m.ts';
    `);
    expect(Object.fromEntries(found.map(({ specifier, typeOnly }) => [specifier, typeOnly]))).toEqual({
      './a.ts': false,
      './b.ts': true,
      './c.ts': false,
      './e.ts': false,
      './f.ts': false,
      './g.ts': false,
      './h.ts': true,
      './i.ts': false,
      './j.ts': false,
      './k.ts': false,
      './l.ts': false,
      './m.ts': false,
    });
  });

  it('does not take comments for code, nor code for comments', () => {
    const source = [
      `// import a from './a.ts';`,
      `/* import b from './b.ts' */`,
      `const url = 'http://x'; import c from './c.ts';`,
      `const regex = /['"\`]/u; import d from './d.ts';`,
      `const snippet = "import x from './x.ts'";`,
      'const text = `it\'s ${ f({ a: `${1}` }) } // no comment`; import e from "./e.ts";',
      'const half = a / b; const c2 = d / e;',
    ].join('\n');
    expect(importsOf(source).map(({ specifier }) => specifier)).toEqual(['./c.ts', './d.ts', './e.ts']);
  });

  it('keeps lines where they were, and strings out of the code', () => {
    const { code, comments } = scan("const a = 'as any';\n// any\nconst b = 1;");
    expect(code.split('\n')).toHaveLength(3);
    expect(code).not.toContain('any');
    expect(comments.trim()).toBe('// any');
  });
});

describe('an import rule', () => {
  it.each<[string, rules.Rule, string, string]>([
    ['a Node module in the core', rules.pureCore, 'src/math/a.ts', `import { readFileSync } from 'node:fs';`],
    ['zod outside domain', rules.pureCore, 'src/state/a.ts', `import { z } from 'zod';`],
    ['a port in the core', rules.pureCore, 'src/analysis/a.ts', `import type { P } from '../ports/p.ts';`],
    [
      'an adapter, dynamically',
      rules.pureCore,
      'src/domain/a.ts',
      `await import('../adapters/pg/index.ts');`,
    ],
    ['a re-export of an adapter', rules.pureCore, 'src/domain/a.ts', `export { x } from '../adapters/x.ts';`],
    ['the clock', rules.pureCoreTakesTimeAndChance, 'src/math/a.ts', 'const now = Date.now();'],
    [
      'the clock in a template',
      rules.pureCoreTakesTimeAndChance,
      'src/math/a.ts',
      'const t = `${Date.now()}`;',
    ],
    ['a date of now', rules.pureCoreTakesTimeAndChance, 'src/state/a.ts', 'const now = new Date();'],
    ['chance', rules.pureCoreTakesTimeAndChance, 'src/bandits/a.ts', 'const x = Math.random();'],
    ['the environment', rules.pureCoreTakesTimeAndChance, 'src/decision/a.ts', 'const x = process.env["A"];'],
    ['zod in a workflow', rules.workflows, 'workflows/a.ts', `import { z } from 'zod';`],
    ['a Node module in a workflow', rules.workflows, 'workflows/a.ts', `import { x } from 'node:crypto';`],
    [
      'the client in a workflow',
      rules.workflows,
      'workflows/a.ts',
      `import { Client } from '@temporalio/client';`,
    ],
    [
      'activity code in a workflow',
      rules.workflows,
      'workflows/a.ts',
      `import { x } from '../activities/index.ts';`,
    ],
    [
      'an inline type still loads',
      rules.workflows,
      'workflows/a.ts',
      `import { type X } from '../activities/x.ts';`,
    ],
    ['maths in a workflow', rules.workflows, 'workflows/a.ts', `import { x } from '../src/math/index.ts';`],
    ['a database in an activity', rules.activities, 'activities/a.ts', `import pg from 'pg';`],
    [
      'an adapter in an activity',
      rules.activities,
      'activities/a.ts',
      `import { x } from '../src/adapters/x.ts';`,
    ],
    [
      'a workflow in an activity',
      rules.activities,
      'activities/a.ts',
      `import { x } from '../workflows/x.ts';`,
    ],
    ['code in a port', rules.portsAreTypes, 'src/ports/a.ts', 'export const x = 1;'],
    ['a port that loads', rules.portsAreTypes, 'src/ports/a.ts', `import { x } from '../domain/x.ts';`],
    [
      'the workers, from an adapter',
      rules.nobodyImportsWorkers,
      'src/adapters/a.ts',
      `import '../../workers/a.ts';`,
    ],
    [
      'the command line, from the gateway',
      rules.adaptersDoNotKnowWhoUsesThem,
      'src/gateway/a.ts',
      `import '../cli/a.ts';`,
    ],
  ])('sees %s', (_what, rule, path, text) => {
    expect(rule(at(path, text))).toHaveLength(1);
  });

  it.each<[string, rules.Rule, string, string]>([
    ['zod in domain', rules.pureCore, 'src/domain/a.ts', `import { z } from 'zod';`],
    [
      'seeded chance',
      rules.pureCore,
      'src/math/a.ts',
      `import { x } from 'pure-rand/generator/xoroshiro128plus';`,
    ],
    [
      'a date of a given time',
      rules.pureCoreTakesTimeAndChance,
      'src/math/a.ts',
      'new Date(atMs); // not Date.now()',
    ],
    ['the clock outside the core', rules.pureCoreTakesTimeAndChance, 'workflows/a.ts', 'Date.now();'],
    [
      'types of activities',
      rules.workflows,
      'workflows/a.ts',
      `import type { A } from '../activities/index.ts';`,
    ],
    [
      'the SDK',
      rules.workflows,
      'workflows/a.ts',
      `import { decode } from '@temporalio/common/lib/encoding.js';`,
    ],
    [
      'the command line',
      rules.nobodyImportsWorkers,
      'src/cli/a.ts',
      `import { x } from '../../workers/start.ts';`,
    ],
  ])('allows %s', (_what, rule, path, text) => {
    expect(rule(at(path, text))).toEqual([]);
  });

  it('sees what a workflow loads through other files', () => {
    const sources = [
      sourceOf(
        'workflows/a.ts',
        `import { b } from '../src/domain/b.ts'; import type { D } from '../src/domain/d.ts';`,
      ),
      sourceOf('src/domain/b.ts', `export { c } from './c.ts';`),
      sourceOf('src/domain/c.ts', `import { z } from 'zod';`),
      sourceOf('src/domain/d.ts', `import { z } from 'zod';`),
    ];
    expect(rules.workflowsLoadNothingElse(sources)).toEqual([
      'src/domain/c.ts: loads zod, and a workflow loads it',
    ]);
  });

  it('sees a circle once', () => {
    const circle = [
      sourceOf('src/a.ts', `import './b.ts';`),
      sourceOf('src/b.ts', `import type { C } from './c.ts';`),
      sourceOf('src/c.ts', `export { a } from './a.ts';`),
      sourceOf('src/d.ts', `import './a.ts';`),
    ];
    expect(rules.noCycles(circle)).toEqual(['src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts']);
  });
});

describe('a rule of files and names', () => {
  it.each<[string, rules.Rule, string, string]>([
    ['a long file', rules.shortFiles, 'src/a.ts', 'x;\n'.repeat(401)],
    ['camel case', rules.kebabCase, 'src/camelCase.ts', ''],
    ['an underscore in a folder', rules.kebabCase, 'src/two_words/a.ts', ''],
    ['a folder without index', rules.everyFolderHasAnIndex, 'src/gateway/a.ts', ''],
    ['an adapter without index', rules.everyFolderHasAnIndex, 'src/adapters/kafka/a.ts', ''],
    ['a star', rules.noStarExports, 'src/a.ts', `export * from './b.ts';`],
    ['a parameter of any type', rules.noAny, 'src/a.ts', 'function f(x: any) {}'],
    ['a list of any type', rules.noAny, 'src/a.ts', 'const x: Array<any> = [];'],
    ['a cast to any', rules.noAny, 'src/a.ts', 'f(x as any);'],
    ['a double cast', rules.noDoubleCast, 'src/a.ts', 'const x = y as unknown as Z;'],
    ['a silenced compiler', rules.noSilencedCompiler, 'src/a.ts', '// @ts-ignore\nx;'],
    ['something left to do', rules.nothingUnfinished, 'src/a.ts', '// TODO later'],
  ])('sees %s', (_what, rule, path, text) => {
    expect(rule(at(path, text))).toHaveLength(1);
  });

  it.each<[string, rules.Rule, string, string]>([
    ['400 lines', rules.shortFiles, 'src/a.ts', 'x;\n'.repeat(400)],
    ['a test', rules.kebabCase, 'test/unit/two-words.test.ts', ''],
    [
      'the word in a comment, a string or a method',
      rules.noAny,
      'src/a.ts',
      "// any\nf('any', Promise.any(x));",
    ],
  ])('allows %s', (_what, rule, path, text) => {
    expect(rule(at(path, text))).toEqual([]);
  });

  it('sees a folder at the top that nobody gave', () => {
    expect(rules.knownTopFolders(['src', 'services'])).toHaveLength(1);
  });

  it.each([
    ['https://registry', 'npmjs.org/x'].join('.'),
    ['"resolved"', '"https://x/y.tgz"'].join(': '),
    ['https://pypi', 'org/simple'].join('.'),
  ])('sees the registry in %s', (text) => {
    expect(rules.noRegistryHosts([{ path: 'a.json', text }])).toHaveLength(1);
  });

  it.each([
    `${slash}home/ann/project/x`,
    `${slash}Users/ann/x`,
    `cd ${slash}work/main`,
    `${slash}root/.cache/x`,
  ])('sees the machine in %s', (text) => {
    expect(rules.noDeveloperPaths([{ path: 'a.md', text }])).toHaveLength(1);
  });

  it('allows a folder that is called work, and a link', () => {
    const text = 'src/work/a.ts https://example.com/work/x ../home/ann/x';
    expect(rules.noDeveloperPaths([{ path: 'a.md', text }])).toEqual([]);
  });
});
