import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as analysis from '../../../src/analysis/index.ts';
import * as bandits from '../../../src/bandits/index.ts';
import * as decision from '../../../src/decision/index.ts';
import * as math from '../../../src/math/index.ts';
import type { DomainRow } from './row.ts';
import { withoutDomain } from './without-domain.ts';

const folder = join(import.meta.dirname, 'rows');
const rows: DomainRow[] = [];
for (const file of readdirSync(folder).sort()) {
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)) as {
    readonly rows: readonly DomainRow[];
  };
  rows.push(...module.rows);
}

const refusal = (row: DomainRow, args: Readonly<Record<string, unknown>>): unknown => {
  try {
    row.call(args);
    return null;
  } catch (error) {
    return error;
  }
};

describe.each(rows)('$name', (row) => {
  it('takes what is inside its domain', () => {
    expect(refusal(row, row.good)).toBeNull();
  });
  it.each(Object.keys(row.bad))('refuses a bad %s by name', (parameter) => {
    fc.assert(
      fc.property(row.bad[parameter]!, (value) => {
        const error = refusal(row, { ...row.good, [parameter]: value });
        expect(error === null ? 'accepted' : (error as Error).constructor.name).toMatch(
          /^(?:Range|Type)Error$/u,
        );
        expect((error as Error).message).toMatch(new RegExp(`^${parameter}(?![A-Za-z])`, 'u'));
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});

describe('the domain table', () => {
  const exported = Object.entries({ ...math, ...analysis, ...bandits, ...decision })
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name);
  const covered = new Set(rows.map((row) => row.name));
  it('has a row for every public function, or says why there is none', () => {
    expect(exported.filter((name) => !covered.has(name) && !Object.hasOwn(withoutDomain, name))).toEqual([]);
  });
  it('names nothing that is not there', () => {
    const names = new Set(exported);
    expect([...covered, ...Object.keys(withoutDomain)].filter((name) => !names.has(name))).toEqual([]);
    expect([...covered].filter((name) => Object.hasOwn(withoutDomain, name))).toEqual([]);
  });
});
