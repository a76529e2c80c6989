import { describe, expect, it } from 'vitest';
import { exploreSegments } from '../../../../src/decision/index.ts';

const of = (n: number, sum: number) => ({ n, sum, sumOfSquares: sum });

describe('segments', () => {
  const { kind, note, findings } = exploreSegments(
    [
      { segment: 'math', arms: { control: of(500, 250), concise: of(500, 330) } },
      { segment: 'chat', arms: { control: of(500, 350), concise: of(500, 352) } },
      { segment: 'code', arms: { control: of(500, 350), concise: of(500, 320) } },
      { segment: 'few', arms: { control: of(10, 9), concise: of(10, 1) } },
      { segment: 'alone', arms: { concise: of(10, 1) } },
      { segment: 'constant', arms: { control: of(50, 50), concise: of(50, 50) } },
    ],
    { control: 'control' },
  );

  it('are explored and say so, everywhere', () => {
    expect(kind).toBe('exploration');
    expect(note).toContain('exploration');
    expect(findings.every(({ reason }) => reason.startsWith('exploration: '))).toBe(true);
  });

  it('stand out after the correction over all of them, or do not', () => {
    expect(findings.map(({ segment, stands }) => [segment, stands])).toEqual([
      ['math', true],
      ['chat', false],
      ['code', false],
      ['few', false],
      ['constant', false],
    ]);
    const [math, , code] = findings;
    expect(math!.difference).toBeCloseTo(0.16, 12);
    // Alone it would pass for a finding.
    expect(code!.p).toBeLessThan(0.05);
    expect(code!.pAdjusted).toBeGreaterThan(0.05);
  });

  it('with few units or nothing that varies are told without a test', () => {
    expect(findings[3]).toMatchObject({ p: null, low: null, difference: -0.8 });
    expect(findings[4]!.reason).toContain('nothing varies');
  });
});
