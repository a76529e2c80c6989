import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { foldBlock, foldLate, judgeStep, readEvidence } from '../../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../../src/domain/guardrail.ts';
import { all, block, healthy, repeat, run } from './blocks.ts';

/** Every piece of evidence in the payloads of the recorded histories. */
const recorded = (): readonly unknown[] => {
  const folder = new URL('../../../replay/histories/', import.meta.url);
  const found: unknown[] = [];
  const isEvidence = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && 'ladder' in value && 'lastBlockNo' in value;
  const search = (value: unknown): void => {
    if (isEvidence(value)) found.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(search);
  };
  for (const file of readdirSync(folder)) {
    JSON.parse(readFileSync(new URL(file, folder), 'utf8'), (key, value: unknown) => {
      if (key === 'data' && typeof value === 'string') {
        const text = Buffer.from(value, 'base64').toString();
        if (text.startsWith('{') || text.startsWith('[')) search(JSON.parse(text));
      }
      return value;
    });
  }
  return found;
};

const { evidence } = run({
  baseline: { quality: 0.81, errorRate: 0.005 },
  blocks: repeat(5, [healthy(300), healthy(100)] as const),
});

/** A copy with one field replaced, by its path. */
const withField = (path: string, value: unknown): unknown => {
  const copy = JSON.parse(JSON.stringify(evidence)) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  holder[last] = value;
  return copy;
};

describe('readEvidence', () => {
  it('takes evidence that was carried as JSON, and gives it back as it is', () => {
    const carried = JSON.parse(JSON.stringify(evidence)) as unknown;
    expect(readEvidence(carried)).toBe(carried);
    expect(readEvidence(carried)).toEqual(evidence);
    expect(readEvidence({ ...evidence, addedLater: { yes: true } })).toHaveProperty('addedLater');
  });
  it('takes all evidence in the recorded histories, and goes on from it', () => {
    const carried = recorded();
    expect(carried.length).toBeGreaterThan(10);
    for (const one of carried) {
      const read = readEvidence(one);
      const guardrails = read.guardrails.map(({ id }): GuardrailSpec => all.find((g) => g.id === id)!);
      const no = (read.lastBlockNo ?? 0) + 1;
      const context = { guardrails, stepIndex: 0, weightPct: 5 };
      const folded = foldBlock(read, block(no, healthy(300), healthy(100)), context);
      expect(folded.lastBlockNo).toBe(no);
      foldLate(folded, block((read.lastLateNo ?? 0) + 1, healthy(30), healthy(10)), context);
      const verdict = judgeStep(folded, { guardrails, steps: [5, 100], stepIndex: 0, minSamples: 200 });
      expect(readEvidence(JSON.parse(JSON.stringify(folded)))).toEqual(folded);
      expect(verdict.reason).not.toBe('');
    }
  });
  it.each([
    [
      { ...evidence, version: 2 },
      /^evidence\.version must be 1, got 2 \(this program is older than the evidence\)$/,
    ],
    [{ ...evidence, version: '1' }, /^evidence\.version must be 1, got "1"$/],
    [{}, /^evidence\.version must be 1, got undefined$/],
    [null, /^evidence must be an object, got null$/],
    [[evidence], /^evidence must be an object/],
    ['evidence', /^evidence must be an object/],
  ])('says what is wrong with another version or another thing (%#)', (value, message) => {
    expect(() => readEvidence(value)).toThrow(message);
  });
  it.each<[string, unknown]>([
    ['ladder', 4],
    ['ladder.0', null],
    ['alpha.harm', 0],
    ['alpha.late', null],
    ['frozen.quality', 'high'],
    ['lastBlockNo', 1.5],
    ['lastLateNo', undefined],
    ['blocks', -1],
    ['stepIndex', -1],
    ['arms.candidate', undefined],
    ['arms.stable.latencyMs.counts', 'none'],
    ['arms.stable.latencyMs.alpha', 1],
    ['guardrails', {}],
    ['guardrails.0.id', 'speed'],
    ['guardrails.0.kind', 'median'],
    ['guardrails.0.step.candidate', null],
    ['guardrails.0.totals.stable.n', -1],
    ['guardrails.0.rungs.1.process.logE', null],
    ['guardrails.0.rungs.1.process.nB', -3],
    ['guardrails.0.harm.restart', 0],
    ['guardrails.0.harm.endedAbove', null],
    ['guardrails.0.lateHarm.process.sA', 'many'],
    ['guardrails.0.baseline.process.n', null],
    ['guardrails.0.harm.alarm', { restart: 1, logE: null, limit: 6 }],
    ['guardrails.3.moments.candidate.m2', -1],
    ['guardrails.3.proven', { multiple: 4 }],
  ])('names %s when it is %j', (path, value) => {
    const bad = withField(path, value);
    const name = `evidence.${path.replaceAll(/\.(\d+)/gu, '[$1]')}`;
    const escaped = name.replaceAll(/[[\].]/gu, '\\$&');
    expect(() => readEvidence(bad)).toThrow(new RegExp(`^${escaped}`, 'u'));
  });
});
