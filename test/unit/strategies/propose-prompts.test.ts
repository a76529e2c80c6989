/** Which change of a prompt is tried next: by what is known, one at a time, failures ever more rarely, exhaustion said. */
import { describe, expect, it } from 'vitest';
import { experimentInputSchema } from '../../../src/domain/experiment.ts';
import { promptExperiment } from '../../../src/strategies/index.ts';
import type { LearnedOutcome, LearnedResult } from '../../../src/strategies/learning/index.ts';
import { GENERATORS, proposePrompts, type PromptQuestion } from '../../../src/strategies/prompts/index.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const question: PromptQuestion = {
  serviceId: 'bot',
  taskType: 'chat',
  baseline:
    'You are a support agent of {shop}. Please always answer politely in order to help. Never guess. Use the list.',
  examples: [{ input: 'Hi', output: 'Hello.' }],
  own: [],
  generated: [],
  learned: [],
  nowMs: NOW,
  seed: 1,
};
const learned = (origin: string, result: LearnedResult, n: number, serviceId = 'other'): LearnedOutcome[] =>
  Array.from({ length: n }, (_, i) => ({
    serviceId,
    experiment: `${origin}-${result}-${i}`,
    variant: origin,
    what: 'prompts' as const,
    origin,
    taskType: 'chat' as const,
    result,
    effect: null,
    atMs: NOW - (i + 1) * DAY,
  }));
const firsts = (more: Partial<PromptQuestion>, seeds = 200): Map<string, number> => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed++) {
    const proposal = proposePrompts({ ...question, ...more, seed });
    const origin = proposal.kind === 'proposal' ? proposal.variants[0]!.origins.join() : 'exhausted';
    counts.set(origin, (counts.get(origin) ?? 0) + 1);
  }
  return counts;
};

describe('the next change of a prompt', () => {
  it('is one, the same for the same seed, and any of them while nothing is known', () => {
    expect(proposePrompts(question)).toEqual(proposePrompts(question));
    const proposal = proposePrompts(question);
    expect(proposal.kind === 'proposal' && proposal.variants).toHaveLength(1);
    const counts = firsts({});
    expect(counts.size).toBeGreaterThanOrEqual(7);
    expect(Math.max(...counts.values())).toBeLessThan(60);
  });

  it('is mostly what helped services of this kind', () => {
    const known = [
      ...learned('structured', 'won', 20),
      ...GENERATORS.filter(({ id }) => id !== 'structured').flatMap(({ id }) => learned(id, 'lost', 6)),
    ];
    expect(firsts({ learned: known }).get('structured')).toBeGreaterThan(180);
    // What helped for another kind of task says nothing here.
    expect(firsts({ learned: known, taskType: 'code' }).get('structured') ?? 0).toBeLessThan(60);
  });

  it('is not what failed here until that is due again', () => {
    const failed = learned('concise', 'lost', 1, 'bot');
    expect(firsts({ learned: failed }).get('concise')).toBeUndefined();
    expect(firsts({ learned: failed, nowMs: NOW + 7 * DAY }).get('concise')).toBeGreaterThan(0);
  });

  it('is what somebody wrote first, once', () => {
    const own = ['Answer customers of {shop} politely.', 'Answer customers politely.'];
    const proposal = proposePrompts({ ...question, own, variants: 2 });
    if (proposal.kind !== 'proposal') throw new Error('expected a proposal');
    expect(proposal.variants[0]).toMatchObject({
      text: own[0],
      id: expect.stringMatching(/^own-[0-9a-f]{8}$/u),
    });
    expect(proposal.variants[1]!.id).not.toMatch(/^own/u);
    expect(proposal.passedOver).toContainEqual(expect.objectContaining({ reason: 'it has lost {shop}' }));
    const lost = learned(proposal.variants[0]!.origins[0]!, 'lost', 1, 'bot');
    const next = proposePrompts({ ...question, own, learned: lost });
    expect(next.kind === 'proposal' && next.variants[0]!.text).not.toBe(own[0]);
  });

  it('may be what a model wrote, when it is sound', () => {
    const generated = ['Help every customer of {shop}. Never guess.'];
    expect(firsts({ generated }).get('generated')).toBeGreaterThan(5);
    expect(firsts({ generated: ['Help every customer.'] }).get('generated')).toBeUndefined();
  });

  it('is two changes at once only when asked', () => {
    const proposal = proposePrompts({ ...question, changesPerVariant: 2 });
    expect(proposal.kind === 'proposal' && proposal.variants[0]!.origins).toHaveLength(2);
  });

  it('is none when all were tried, and says when there will be one', () => {
    const all = GENERATORS.flatMap(({ id }) => learned(id, 'undecided', 1, 'bot'));
    const proposal = proposePrompts({ ...question, learned: all, variants: 3 });
    expect(proposal).toMatchObject({ kind: 'exhausted', nextMs: NOW + 6 * DAY });
    expect(proposal.passedOver).toHaveLength(GENERATORS.length);
    expect(proposePrompts({ ...question, baseline: ' ' })).toMatchObject({ kind: 'exhausted', nextMs: null });
  });

  it('becomes the input of an experiment that is accepted, ramped by the share of an untried setting', () => {
    const proposal = proposePrompts({ ...question, variants: 3 });
    if (proposal.kind !== 'proposal') throw new Error('expected a proposal');
    const asked = { serviceId: 'bot', taskType: 'chat' as const, mark: 7, untriedPct: 5, by: 'ann' };
    const input = promptExperiment(asked, proposal);
    expect(experimentInputSchema.parse(input)).toMatchObject({ name: 'prompts-chat-7', ramp: [20, 100] });
    expect(input.variants.map(({ id }) => id)).toEqual(['control', ...proposal.variants.map(({ id }) => id)]);
  });

  it.each([0, 10, 1.5])('of %j variants is refused', (variants) => {
    expect(() => proposePrompts({ ...question, variants })).toThrow(/^variants must be a whole number/u);
  });
});
