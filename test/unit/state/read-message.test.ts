/** What people and detectors type, and what the reader makes of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anomalyPayload, MESSAGE_NAMES, readMessage, type MessageName } from '../../../src/state/messages.ts';

const problemsOf = (name: MessageName, payload: unknown): readonly string[] => {
  const read = readMessage(name, payload);
  return read.ok ? [] : read.problems.map((problem) => problem.field);
};

describe('a message typed by hand', () => {
  it.each([
    [
      'rollback',
      { by: 'oncall', reason: 'complaints' },
      { name: 'rollback', by: 'oncall', reason: 'complaints' },
    ],
    ['approve', { by: 'ann' }, { name: 'approve', by: 'ann' }],
    [
      'approve',
      { by: 'ann', note: 'fine', evidence: 'abc', messageId: 'm1' },
      { name: 'approve', by: 'ann', messageId: 'm1', note: 'fine', evidence: 'abc' },
    ],
    ['reject', { by: 'ann', reason: 'not now' }, { name: 'reject', by: 'ann', reason: 'not now' }],
    ['pause', { by: 'ann', reason: 'release' }, { name: 'pause', by: 'ann', reason: 'release' }],
    ['resume', { by: 'ann', reason: 'ignored' }, { name: 'resume', by: 'ann' }],
    ['promote', { by: 'ann', reason: 'seen enough' }, { name: 'promote', by: 'ann', reason: 'seen enough' }],
    [
      'promote',
      { by: 'ann', reason: 'seen enough', variant: 'concise' },
      { name: 'promote', by: 'ann', reason: 'seen enough', variant: 'concise' },
    ],
    ['stop', { by: 'ann', reason: 'enough' }, { name: 'stop', by: 'ann', reason: 'enough' }],
    [
      'setAllocation',
      { by: 'ann', reason: 'more', weights: { control: 0.1, concise: 0.2, clear: 0.7 }, exposedPct: 40 },
      {
        name: 'setAllocation',
        by: 'ann',
        reason: 'more',
        weights: { control: 0.1, concise: 0.2, clear: 0.7 },
        exposedPct: 40,
      },
    ],
    [
      'replace',
      { by: 'ann', change: { model: 'm' } },
      { name: 'replace', by: 'ann', change: { model: 'm' } },
    ],
  ] as const)('%s is read with what it carries, unknown keys left out', (name, payload, message) => {
    expect(readMessage(name, { ...payload, unknownKey: 1 })).toEqual({ ok: true, message });
  });

  it.each([
    ['nothing at all', undefined, ['']],
    ['null', null, ['']],
    ['a number', 7, ['']],
    ['text', 'rollback please', ['']],
    ['a list', [{ by: 'ann', reason: 'x' }], ['']],
    ['an empty object', {}, ['by', 'reason']],
    ['an empty name', { by: '', reason: 'x' }, ['by']],
    ['a number as a name', { by: 7, reason: 'x' }, ['by']],
    ['a reason beyond 2000 characters', { by: 'ann', reason: 'x'.repeat(2_001) }, ['reason']],
    ['a wrong message id', { by: 'ann', reason: 'x', messageId: 7 }, ['messageId']],
    ['everything wrong', { by: 1, reason: 2, messageId: 3 }, ['by', 'reason', 'messageId']],
    ['malformed JSON', { malformedJson: '{"by":"ann",' }, ['']],
  ])('%s as a rollback is refused, each wrong field named', (_what, payload, fields) => {
    expect(problemsOf('rollback', payload)).toEqual(fields);
  });

  it.each(MESSAGE_NAMES)('a refused %s shows an example that would have been read', (name) => {
    const read = readMessage(name, undefined);
    const example = read.ok ? '' : (read.problems[0]?.expected ?? '');
    const typed: unknown = JSON.parse(example.slice(example.indexOf('{')));
    expect(readMessage(name, typed).ok).toBe(true);
  });

  it.each([
    ['neither weights nor a share', {}, ['weights']],
    ['weights that sum to more than 1', { weights: { control: 0.6, concise: 0.6 } }, ['weights']],
    ['weights that sum to less', { weights: { control: 0.5, concise: 0.49 } }, ['weights']],
    ['weights below 0', { weights: { control: 1.5, concise: -0.5 } }, ['weights']],
    ['weights that are text', { weights: { control: '0.5', concise: 0.5 } }, ['weights']],
    ['weights that are no numbers', { weights: { control: NaN, concise: 1 } }, ['weights']],
    ['no weights in weights', { weights: {} }, ['weights']],
    ['a list of weights', { weights: [0.5, 0.5] }, ['weights']],
    ['a share of nobody', { exposedPct: 0 }, ['exposedPct']],
    ['a share beyond everybody', { exposedPct: 101 }, ['exposedPct']],
    ['a share that is text', { exposedPct: '50' }, ['exposedPct']],
    ['everything wrong', { by: 7, weights: 1, exposedPct: -1 }, ['by', 'weights', 'exposedPct']],
  ])('%s as an allocation is refused, each wrong field named', (_what, payload, fields) => {
    expect(problemsOf('setAllocation', { by: 'ann', reason: 'more', ...payload })).toEqual(fields);
  });

  it('a variant to promote that is no text is refused', () => {
    expect(problemsOf('promote', { by: 'ann', reason: 'x', variant: 7 })).toEqual(['variant']);
  });

  it('a replace without a change is refused', () => {
    expect(problemsOf('replace', { by: 'ann' })).toEqual(['change']);
    expect(problemsOf('replace', { by: 'ann', change: ['model'] })).toEqual(['change']);
  });
});

describe('an anomaly', () => {
  const data = { anomaly_type: 'quality_drop', severity: 'high', affected_services: ['support-bot'] };

  it.each([
    ['low', 'low'],
    ['info', 'low'],
    ['medium', 'medium'],
    ['warning', 'medium'],
    ['high', 'high'],
    ['error', 'high'],
    ['critical', 'critical'],
    ['CRITICAL', 'critical'],
  ])('of severity %s is %s', (given, severity) => {
    expect(readMessage('anomaly', { ...data, severity: given })).toMatchObject({
      ok: true,
      message: { severity },
    });
  });

  it.each(['severe', '', 'constructor', '__proto__', 4, null, undefined])(
    'of severity %s is refused',
    (severity) => {
      expect(problemsOf('anomaly', { ...data, severity })).toEqual(['severity']);
    },
  );

  it('keeps the identity of the event, of the envelope or of the raw alert', () => {
    expect(readMessage('anomaly', { ...data, id: 'e1' })).toMatchObject({ message: { messageId: 'e1' } });
    expect(readMessage('anomaly', { ...data, alert_id: 'a1' })).toMatchObject({
      message: { messageId: 'a1' },
    });
  });

  it('is a security alert when its type says so', () => {
    expect(readMessage('anomaly', { ...data, anomaly_type: 'security_breach' })).toMatchObject({
      message: { security: true },
    });
    expect(readMessage('anomaly', data)).toMatchObject({ message: { security: false } });
  });

  it('carries when it was raised, as it is sent on, and only where that is told', () => {
    const read = readMessage('anomaly', { ...data, raised_at_ms: 1_772_366_430_000 });
    expect(read).toMatchObject({ message: { raisedAtMs: 1_772_366_430_000 } });
    expect(read.ok && read.message.name === 'anomaly' && anomalyPayload(read.message)).toMatchObject({
      raised_at_ms: 1_772_366_430_000,
    });
    const untold = readMessage('anomaly', data);
    expect(untold.ok && 'raisedAtMs' in untold.message).toBe(false);
    for (const wrong of ['2026-03-01', -1, 1.5, null])
      expect(problemsOf('anomaly', { ...data, raised_at_ms: wrong })).toEqual(['raised_at_ms']);
  });

  it('names every field that is wrong', () => {
    expect(problemsOf('anomaly', {})).toEqual(['anomaly_type', 'severity', 'affected_services']);
    expect(problemsOf('anomaly', { ...data, affected_services: ['a', 1] })).toEqual(['affected_services']);
  });
});

describe('garbage', () => {
  const names = fc.constantFrom(...MESSAGE_NAMES);
  const nearly = fc.record(
    Object.fromEntries(
      [
        'by',
        'reason',
        'messageId',
        'note',
        'evidence',
        'change',
        'anomaly_type',
        'severity',
        'affected_services',
        'id',
      ].map((field) => [field, fc.oneof(fc.string(), fc.constantFrom('high', 'constructor'), fc.anything())]),
    ),
    { requiredKeys: [] },
  );

  it('is never thrown on, and is either a plain JSON message or a list of problems', () => {
    fc.assert(
      fc.property(
        names,
        fc.oneof(fc.anything({ withBigInt: true, withDate: true, withMap: true }), nearly),
        (name, payload) => {
          const read = readMessage(name, payload);
          const message = read.ok ? read.message : null;
          expect(message?.name ?? name).toBe(name);
          expect(read.ok ? 1 : read.problems.length).toBeGreaterThan(0);
          const carried = message?.name === 'replace' ? { ...message, change: null } : message;
          expect(JSON.parse(JSON.stringify(carried))).toEqual(carried);
        },
      ),
      { seed: 20_260_105, numRuns: 2_000 },
    );
  });
});
