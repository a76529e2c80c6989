/** Workflow inputs as somebody types them: every mistake in one error, by field. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { describeProblem, Failure } from '../../../src/domain/failure.ts';
import { parseOrFail } from '../../../src/domain/validate.ts';
import {
  cycleInputSchema,
  restoreInputSchema,
  rolloutInputSchema,
} from '../../../src/domain/workflow-input.ts';

const failureOf = (schema: z.ZodType, input: unknown): Failure => {
  try {
    parseOrFail(schema, input, 'input of a test');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the input was accepted');
};
const fieldsOf = (schema: z.ZodType, input: unknown): readonly string[] =>
  failureOf(schema, input).problems.map((problem) => problem.field);

const ROLLOUT = { serviceId: 'support-bot', change: { model: 'claude-3-5-haiku' } };
const RESTORE = { serviceId: 'support-bot', to: 'previous', by: 'oncall', reason: 'complaints' };

describe('the commands of the contracts page', () => {
  it('are accepted as they are written', () => {
    const typed = { ...ROLLOUT, steps: [5, 25, 50, 100], soak: '15m' };
    expect(parseOrFail(rolloutInputSchema, typed, 'x')).toEqual(typed);
    expect(parseOrFail(cycleInputSchema, { serviceId: 'support-bot' }, 'x')).toEqual({
      serviceId: 'support-bot',
      trigger: 'onDemand',
    });
    expect(parseOrFail(restoreInputSchema, RESTORE, 'x')).toEqual(RESTORE);
  });
});

describe('a rollout typed wrong', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, ['']],
    ['null', null, ['']],
    ['text', 'support-bot', ['']],
    ['an empty object', {}, ['serviceId', 'change']],
    ['no change', { serviceId: 'support-bot' }, ['change']],
    ['an empty change', { ...ROLLOUT, change: {} }, ['change']],
    ['an unknown key', { ...ROLLOUT, step: [5] }, ['step']],
    ['an unknown key of the change', { ...ROLLOUT, change: { modell: 'x', model: 'm' } }, ['change.modell']],
    ['steps that do not rise', { ...ROLLOUT, steps: [5, 50, 25, 100] }, ['steps[2]']],
    ['equal steps', { ...ROLLOUT, steps: [50, 50, 100] }, ['steps[1]']],
    ['a negative weight', { ...ROLLOUT, steps: [-5, 100] }, ['steps[0]']],
    ['a weight beyond 100', { ...ROLLOUT, steps: [5, 150] }, ['steps[1]']],
    ['a wrong duration', { ...ROLLOUT, soak: 'a while' }, ['soak']],
    ['no samples', { ...ROLLOUT, minSamples: 0 }, ['minSamples']],
    ['malformed JSON', { malformedJson: '{"serviceId":' }, ['']],
  ])('%s names %j', (_what, input, fields) => {
    expect([...new Set(fieldsOf(rolloutInputSchema, input))].sort()).toEqual([...fields].sort());
  });

  it('everything that is wrong is in one message, each with what was given and what was expected', () => {
    const failure = failureOf(rolloutInputSchema, {
      serviceId: 'Support',
      change: { model: 'm', temperature: 9 },
      steps: [50, 5, 100],
      soak: 'long',
      typo: true,
    });
    expect(failure).toMatchObject({ type: 'InvalidInput', final: true });
    expect(failure.problems.map(({ field }) => field).sort()).toEqual(
      ['serviceId', 'change.temperature', 'steps[1]', 'soak', 'typo'].sort(),
    );
    expect(failure.message).toContain('steps[1]: 5 is given, expected more than 50 (steps rise)');
    expect(failure.message).toContain('change.temperature: 9 is given, expected 0 to 2');
    expect(failure.message).toContain('typo: true is given, expected no such key (unknown keys are errors)');
    expect(failure.message.startsWith('input of a test: ')).toBe(true);
  });
});

describe('a cycle or a restore typed wrong', () => {
  it.each<[z.ZodType, unknown, readonly string[]]>([
    [cycleInputSchema, {}, ['serviceId']],
    [cycleInputSchema, { serviceId: 'a', trigger: 'boredom' }, ['trigger']],
    [cycleInputSchema, { serviceId: 'a', service: 'b' }, ['service']],
    [restoreInputSchema, { serviceId: 'a' }, ['to', 'by', 'reason']],
    [restoreInputSchema, { ...RESTORE, to: 'yesterday' }, ['to']],
    [restoreInputSchema, { ...RESTORE, to: 0 }, ['to']],
    [restoreInputSchema, { ...RESTORE, to: 1.5 }, ['to']],
    [restoreInputSchema, { ...RESTORE, by: '' }, ['by']],
  ])('names the fields (%#)', (schema, input, fields) => {
    expect(fieldsOf(schema, input)).toEqual(fields);
  });
});

describe('a problem in words', () => {
  it.each([
    [{ field: 'soak', value: undefined, expected: 'a duration' }, 'soak: is missing, expected a duration'],
    [{ field: '', value: null, expected: 'an object' }, '(input): null is given, expected an object'],
    [{ field: 'a', value: 'b', expected: 'c' }, 'a: "b" is given, expected c'],
  ])('names field, value and expectation (%#)', (problem, words) => {
    expect(describeProblem(problem)).toBe(words);
  });

  it('cuts a long value, so that no prompt ends up in an error', () => {
    const words = describeProblem({
      field: 'change.systemPrompt',
      value: 'secret '.repeat(100),
      expected: 'less',
    });
    expect(words.length).toBeLessThan(130);
  });
});
