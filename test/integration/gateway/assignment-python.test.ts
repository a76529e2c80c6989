/** The vectors of the assignment by a second implementation, in another language, that has nothing but the rule as it is written down. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runPython } from '../../support/python/python.ts';

const VECTORS = new URL('../../../src/contract/experiment-assignment-vectors.json', import.meta.url);
const SCRIPT = fileURLToPath(new URL('../../support/python/experiment_assignment.py', import.meta.url));

it('a Python implementation answers every vector of the assignment as ours does', async () => {
  const given = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
    readonly vectors: readonly Readonly<Record<string, unknown>>[];
  };
  const wanted = given.vectors.map(({ exposure, arm_position, kind, arm }) => ({
    exposure,
    arm_position,
    kind,
    arm,
  }));
  expect(wanted.length).toBeGreaterThanOrEqual(40);
  expect(await runPython(SCRIPT, given, { bare: true })).toEqual(wanted);
});
