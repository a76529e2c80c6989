/** Settings of a service as somebody writes them: defaults, and what each mistake is told. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/domain/failure.ts';
import { serviceSettingsSchema } from '../../../src/domain/service-settings.ts';
import { parseOrFail } from '../../../src/domain/validate.ts';

const LEAST = { serviceId: 'support-bot', orchestrator: { url: 'http://127.0.0.1:8081' } };

const parse = (settings: unknown) =>
  parseOrFail(serviceSettingsSchema, settings, 'services/support-bot.yaml');

/** The problems as `field | value | expectation`. */
const problemsOf = (settings: unknown): readonly string[] => {
  try {
    parse(settings);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.type).toBe('InvalidInput');
    return error.problems.map(
      ({ field, value, expected }) => `${field} | ${JSON.stringify(value)} | ${expected}`,
    );
  }
};

/** `LEAST` with one value set at a path such as `rollout.steps`. */
const withValue = (path: string, value: unknown): unknown => {
  const [head = '', ...rest] = path.split('.');
  const nest = (keys: readonly string[]): unknown =>
    keys.length === 0 ? value : { [keys[0] ?? '']: nest(keys.slice(1)) };
  const before = (LEAST as Readonly<Record<string, unknown>>)[head];
  const nested = nest(rest);
  return {
    ...LEAST,
    [head]:
      typeof nested === 'object' && !Array.isArray(nested) && rest.length > 0
        ? { ...(before as object | undefined), ...nested }
        : nested,
  };
};

describe('settings of a service', () => {
  it('have the documented default for everything but the id and the address', () => {
    expect(parse(LEAST)).toEqual({
      serviceId: 'support-bot',
      mode: 'recommend',
      orchestrator: { driver: 'rest', url: 'http://127.0.0.1:8081' },
      targets: [],
      unit: 'request',
      quality: { source: 'feedback', name: 'task_completed', samplePct: 100, matureAfter: '30m' },
      metrics: [{ name: 'task_completed', kind: 'binary', direction: 'increase' }],
      notify: [],
      objectives: { quality: 0.5, cost: 0.3, latency: 0.2 },
      constraints: { maxTotalQualityLossPct: 1 },
      candidates: { models: [], parameters: {}, prompts: [] },
      strategies: ['modelSelection'],
      tuning: { taskType: 'general', mode: 'balanced', untriedPct: 5, examples: [] },
      guardrails: {
        quality: { maxDropPct: 5, required: true },
        errorRate: { maxRisePoints: 1, required: true },
        latencyP95: { maxRisePct: 20, required: true },
        cost: { maxRisePct: 10, required: false },
      },
      change: {
        maxPerDay: 5,
        minSpacing: '30m',
        retryAfter: '7d',
        approval: 'none',
        approvalTimeout: '24h',
        onApprovalTimeout: 'reject',
        freeze: [],
      },
      cycle: { every: '15m', minLabels: 200 },
      rollout: {
        strategy: 'canary',
        shadow: { copyPct: 20, minPairs: 200, quality: 'graded' },
        steps: [5, 25, 50, 100],
        soak: '15m',
        minSamples: 200,
        look: '1m',
        block: '1m',
        lease: '10m',
        convergeWithin: '5m',
        maxRollout: '7d',
        onInconclusive: 'hold',
        extensions: 3,
        watch: '24h',
        shadowEvidenceFor: '7d',
      },
      experiment: {
        alpha: 0.05,
        power: 0.8,
        minImprovementPct: 5,
        minCostReductionPct: 10,
        minSamples: 1000,
        maxDuration: '7d',
        look: '15m',
        lease: '20m',
        allocation: 'fixed',
        floor: 0.05,
        holdoutPct: 0,
      },
    });
  });

  it('read back as they were parsed', () => {
    const once = parse(LEAST);
    expect(parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  it.each([
    ['balanced', { quality: 0.5, cost: 0.3, latency: 0.2 }],
    ['quality', { quality: 0.8, cost: 0.15, latency: 0.05 }],
    ['cost', { quality: 0.4, cost: 0.5, latency: 0.1 }],
    ['latency', { quality: 0.4, cost: 0.3, latency: 0.3 }],
  ])('take the preset %s', (preset, objectives) => {
    expect(parse({ ...LEAST, objectives: preset }).objectives).toEqual(objectives);
  });
});

describe('a mistake in the settings', () => {
  it.each([
    [
      'serviceId',
      'Support Bot',
      'serviceId | "Support Bot" | lower-case letters, digits and hyphens, 1 to 63 of them',
    ],
    ['serviceId', 7, 'serviceId | 7 | a service id'],
    ['orchestrator.url', 'ftp://gateway', 'orchestrator.url | "ftp://gateway" | an http or https URL'],
    ['orchestrator.url', 'gateway', 'orchestrator.url | "gateway" | an http or https URL'],
    [
      'orchestrator.driver',
      'soap',
      'orchestrator.driver | "soap" | "rest", "grpc", "file", "litellm", "litellm-file" or "mlflow"',
    ],
    [
      'orchestrator.driver',
      'litellm-file',
      "orchestrator.config | undefined | the path of LiteLLM's configuration file",
    ],
    [
      'orchestrator.config',
      '/etc/litellm.yaml',
      'orchestrator.config | "/etc/litellm.yaml" | driver litellm-file',
    ],
    ['orchestrator.watchdog', 'localhost', 'orchestrator.watchdog | "localhost" | an http or https URL'],
    ['orchestrator.unleased', 'yes', 'orchestrator.unleased | "yes" | "accepted"'],
    [
      'objectives',
      { quality: 0.5, cost: 0.5, latency: 0.5 },
      'objectives | {"quality":0.5,"cost":0.5,"latency":0.5} | weights that sum to 1',
    ],
    ['quality.samplePct', 101, 'quality.samplePct | 101 | 0 to 100 (per cent)'],
    [
      'quality.matureAfter',
      'soon',
      'quality.matureAfter | "soon" | a duration such as "15m" (units ms, s, m, h, d)',
    ],
    ['quality.matureAfter', 30, 'quality.matureAfter | 30 | a duration such as "15m"'],
    ['constraints.minQuality', 1.2, 'constraints.minQuality | 1.2 | 0 to 1'],
    ['constraints.maxCostPerRequestUsd', 0, 'constraints.maxCostPerRequestUsd | 0 | more than 0'],
    ['constraints.maxCostPerRequestUsd', '0.1', 'constraints.maxCostPerRequestUsd | "0.1" | a number'],
    ['guardrails.quality.maxDropPct', -1, 'guardrails.quality.maxDropPct | -1 | 0 to 100 (per cent)'],
    ['guardrails.latencyP95.maxRisePct', 0, 'guardrails.latencyP95.maxRisePct | 0 | more than 0'],
    ['rollout.steps', [5, 25, 25, 100], 'rollout.steps[2] | 25 | more than 25 (steps rise)'],
    ['rollout.steps', [5, 25, 50], 'rollout.steps[2] | 50 | 100 as the last step'],
    ['rollout.steps', [-5, 100], 'rollout.steps[0] | -5 | 0 to 100 (per cent)'],
    ['rollout.steps', [0, 100], 'rollout.steps[0] | 0 | more than 0 per cent'],
    ['rollout.steps', [], 'rollout.steps | [] | at least one step'],
    ['rollout.steps', '5,25', 'rollout.steps | "5,25" | a list of per cents'],
    ['rollout.lease', '2m', 'rollout.lease | "2m" | at least three looks (3 x 1m)'],
    ['rollout.look', '500ms', 'rollout.look | "500ms" | at least 1s'],
    ['rollout.block', '7s', 'rollout.block | "7s" | a divisor of one minute, 1s to 1m'],
    ['rollout.block', '2m', 'rollout.block | "2m" | a divisor of one minute, 1s to 1m'],
    [
      'metrics',
      [{ name: 'quality', kind: 'bounded', direction: 'increase' }],
      'metrics[0].name | "quality" | a name under "metrics" of a feedback event (a-z, 0-9 and _), llm.response.quality or llm.response.relevance',
    ],
    [
      'metrics',
      [{ name: 'turns', kind: 'positive', direction: 'decrease', dryRun: false }],
      'metrics[0].dryRun | false | true: such a metric is shown and never gates',
    ],
    [
      'targets',
      [{ name: 'cache', url: 'http://cache', keys: ['model'] }],
      'targets[0].keys[0] | "model" | another key than "model": the orchestrator owns it',
    ],
    [
      'targets',
      [{ name: 'route', url: 'http://cache', keys: ['ttl'] }],
      'targets[0].name | "route" | another name than "route": that is the orchestrator',
    ],
    [
      'targets',
      [
        { name: 'cache', url: 'http://cache', keys: ['ttl'] },
        { name: 'limits', url: 'http://limits', keys: ['rpm', 'ttl'] },
      ],
      'targets[1].keys[1] | "ttl" | a key that no other target owns, cache has it',
    ],
    [
      'targets',
      [{ name: 'cache', driver: 'file', url: 'http://cache', keys: ['ttl'] }],
      'targets[0].url | "http://cache" | file:///folder, where one file per service goes',
    ],
    ['candidates.parameters.temperature', [0, 3], 'candidates.parameters.temperature[1] | 3 | 0 to 2'],
    ['candidates.parameters.topP', [0, 1], 'candidates.parameters.topP[0] | 0 | more than 0, at most 1'],
    [
      'candidates.parameters.maxTokens',
      [4096, 256],
      'candidates.parameters.maxTokens | [4096,256] | the least first, then the greatest',
    ],
    ['candidates.prompts', ['a', 'a'], 'candidates.prompts | ["a","a"] | each prompt once'],
    ['tuning.untriedPct', 60, 'tuning.untriedPct | 60 | at most 50 (per cent)'],
    [
      'tuning.generator',
      { url: 'ftp://x', model: 'm' },
      'tuning.generator.url | "ftp://x" | a URL such as https://api.openai.com/v1',
    ],
  ])('%s = %j is told with field, value and expectation', (path, value, problem) => {
    expect(problemsOf(withValue(path, value))).toContain(problem);
  });

  it.each([
    ['mode', 'on'],
    ['unit', 'tenant'],
    ['quality.source', 'oracle'],
    ['objectives', 'cheap'],
    ['strategies', ['guessing']],
    ['change.approval', 'maybe'],
    ['change.maxPerDay', -1],
    ['change.maxPerDay', 1.5],
    ['rollout.strategy', 'rolling'],
    ['rollout.minSamples', 0],
    ['rollout.onInconclusive', 'promote'],
    ['cycle.minLabels', 0],
    ['metrics', [{ name: 'x', kind: 'percent', direction: 'increase' }]],
  ])('%s = %j is refused, the field named', (path, value) => {
    const problems = problemsOf(withValue(path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(path)).toBe(true);
  });

  it.each([
    ['soaks', 'soaks'],
    ['rollout.soakMinutes', 'rollout.soakMinutes'],
    ['guardrails.quality.maxDrop', 'guardrails.quality.maxDrop'],
    ['orchestrator.token', 'orchestrator.token'],
  ])('an unknown key %s is one', (path, field) => {
    expect(problemsOf(withValue(path, 5))).toEqual([`${field} | 5 | no such key (unknown keys are errors)`]);
  });

  it('what is missing is named, and all mistakes come at once', () => {
    expect(problemsOf({}).map((problem) => problem.split(' | ')[0])).toEqual(['serviceId', 'orchestrator']);
    expect(
      problemsOf({ ...LEAST, mode: 'on', soaks: 5, rollout: { steps: [50, 5, 100], soak: 'long' } }).map(
        (problem) => problem.split(' | ')[0],
      ),
    ).toEqual(expect.arrayContaining(['mode', 'soaks', 'rollout.steps[1]', 'rollout.soak']));
  });

  it.each([[null], ['support-bot'], [[LEAST]], [7]])('settings that are %j are refused', (settings) => {
    expect(problemsOf(settings).length).toBeGreaterThan(0);
  });
});
