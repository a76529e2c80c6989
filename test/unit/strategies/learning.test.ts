/** What experiments teach: the posterior, how it fades, when a failure is tried again, and what a conclusion says about each variant. */
import { describe, expect, it } from 'vitest';
import {
  dueAtMs,
  experimentName,
  learnedFrom,
  learnFrom,
  settingBetween,
  settingKey,
  triedIn,
  type LearnedOutcome,
  type LearnedResult,
} from '../../../src/strategies/learning/index.ts';

const DAY = 86_400_000;
const outcome = (result: LearnedResult, atMs: number): LearnedOutcome => ({
  serviceId: 'bot',
  experiment: `e${atMs}`,
  variant: 'concise',
  what: 'prompts',
  origin: 'concise',
  taskType: 'chat',
  result,
  effect: null,
  atMs,
});

describe('what was learned', () => {
  it('is an even chance before anything happened', () => {
    expect(learnedFrom([], 0)).toEqual({ won: 0, lost: 0, undecided: 0, alpha: 1, beta: 1, chance: 0.5 });
  });

  it('counts wins, losses, and half a loss for what stayed undecided', () => {
    const now = 5 * DAY;
    const outcomes = [outcome('won', now), outcome('lost', now), outcome('undecided', now)];
    expect(learnedFrom(outcomes, now)).toEqual({
      won: 1,
      lost: 1,
      undecided: 1,
      alpha: 2,
      beta: 2.5,
      chance: 2 / 4.5,
    });
  });

  it('fades by half in 90 days, and never counts more than once what lies ahead of the clock', () => {
    const outcomes = [outcome('won', 0)];
    expect(learnedFrom(outcomes, 90 * DAY).alpha).toBeCloseTo(1.5, 12);
    expect(learnedFrom(outcomes, 180 * DAY).alpha).toBeCloseTo(1.25, 12);
    expect(learnedFrom(outcomes, -DAY).alpha).toBe(2);
  });

  it.each<[readonly LearnedResult[], number | null]>([
    [[], null],
    [['won'], null],
    [['lost', 'won'], null],
    [['lost'], 7],
    [['lost', 'undecided'], 15],
    [['lost', 'lost', 'lost'], 30],
    [['won', 'lost'], 8],
    [Array.from({ length: 12 }, () => 'lost' as const), 11 + 365],
  ])('after %j the next try is due on day %j', (results, day) => {
    const outcomes = results.map((result, i) => outcome(result, i * DAY));
    expect(dueAtMs(outcomes.toReversed())).toBe(day === null ? null : day * DAY);
  });
});

describe('the name of a proposed experiment', () => {
  it('tells what was tried, for which kind of task', () => {
    expect(triedIn(experimentName('prompts', 'chat', 255))).toEqual({ what: 'prompts', taskType: 'chat' });
    for (const name of ['concise', 'prompts-chat', 'prompts-cooking-1', 'prompts-chat-xyz']) {
      expect(triedIn(name)).toBeNull();
    }
  });

  it('is an experiment name of a domain, whatever the mark', () => {
    expect(experimentName('parameters', 'classification', 2 ** 44)).toMatch(/^[a-z0-9-]{1,63}$/u);
  });
});

describe('a concluded experiment', () => {
  const end = (variant: string, status: 'better' | 'worse' | 'undecided', difference = 0.01) => ({
    variant,
    status,
    observed: { difference },
  });
  const concluded = {
    serviceId: 'bot',
    experiment: 'experiment/bot/run-1',
    name: 'prompts-chat-1f',
    perVariant: [
      end('chain-of-thought', 'better', 0.08),
      end('concise', 'undecided'),
      end('own-0a1b2c3d', 'worse', -0.1),
    ],
    changes: {},
    atMs: 77,
  };
  const results = (outcome: Parameters<typeof learnFrom>[0]['conclusion']) =>
    Object.fromEntries(
      learnFrom({ ...concluded, conclusion: outcome }).map((each) => [each.origin, each.result]),
    );

  it('teaches one outcome per variant', () => {
    expect(
      learnFrom({ ...concluded, conclusion: { outcome: 'adopted', variant: 'chain-of-thought' } })[0],
    ).toEqual({
      serviceId: 'bot',
      experiment: 'experiment/bot/run-1',
      variant: 'chain-of-thought',
      what: 'prompts',
      origin: 'chainOfThought',
      taskType: 'chat',
      result: 'won',
      effect: 0.08,
      atMs: 77,
    });
  });

  it.each([
    ['adopted', 'chain-of-thought', 'won', 'undecided', 'lost'],
    ['keptControl', null, 'undecided', 'undecided', 'lost'],
    ['noDifference', null, 'undecided', 'undecided', 'lost'],
    ['harmed', 'concise', 'undecided', 'lost', 'lost'],
    ['expired', null, 'undecided', 'undecided', 'lost'],
  ] as const)('%s %j', (outcome, variant, first, second, third) => {
    expect(Object.values(results({ outcome, variant }))).toEqual([first, second, third]);
  });

  it.each(['stopped', 'rolledBack', 'rejected', 'superseded', 'failed'] as const)(
    'that was %s by somebody teaches nothing',
    (outcome) => {
      expect(results({ outcome, variant: null })).toEqual({});
    },
  );

  it('whose variant a person promoted teaches nothing, least of all that it won', () => {
    const conclusion = { outcome: 'adopted', variant: 'concise' } as const;
    expect(learnFrom({ ...concluded, conclusion, byHand: true })).toEqual([]);
    expect(learnFrom({ ...concluded, conclusion, byHand: false })).not.toEqual([]);
  });

  it('of somebody’s own name teaches nothing', () => {
    const conclusion = { outcome: 'adopted', variant: 'concise' } as const;
    expect(learnFrom({ ...concluded, name: 'concise', conclusion })).toEqual([]);
  });

  it('about parameters teaches the setting, whatever the order of its keys', () => {
    const conclusion = { outcome: 'adopted', variant: 'p1' } as const;
    const changes = { p1: { topP: 0.9, temperature: 0.3 } };
    const [taught] = learnFrom({
      ...concluded,
      name: 'parameters-code-2',
      perVariant: [end('p1', 'better'), end('p2', 'worse')],
      changes,
      conclusion,
    });
    expect(taught).toMatchObject({
      what: 'parameters',
      taskType: 'code',
      origin: 'temperature=0.3 topP=0.9',
      result: 'won',
    });
    expect(settingKey({ temperature: 0.3, topP: 0.9 })).toBe(taught?.origin);
    expect(settingKey({ model: 'm' })).toBeNull();
  });
});

describe('the setting of an arm', () => {
  it('is what differs from the control, in numbers', () => {
    const control = { model: 'm', temperature: '0.7', top_p: '0.9', max_tokens: '512' };
    const arm = { ...control, temperature: '0.3', top_k: '40', max_tokens: 'many', system_prompt: 'x' };
    expect(settingBetween(control, arm)).toEqual({ temperature: 0.3, topK: 40 });
    expect(settingBetween(control, control)).toEqual({});
  });
});
