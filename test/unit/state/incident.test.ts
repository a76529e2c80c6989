/** The whole table of the contracts page: severity x in flight or not x security alert x both arms hurt alike, as data. */
import { describe, expect, it } from 'vitest';
import { responseTo, type Response } from '../../../src/state/incident.ts';
import { anomalyPayload, readMessage, SEVERITIES, type Severity } from '../../../src/state/messages.ts';
import { receiveMessage, type RolloutState } from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testVerdict } from '../../support/rollout.ts';

type Words = '' | 'takeBack' | 'hold+backup' | 'hold+cycle' | 'backup+cycle' | 'cycle';

/** severity, in flight, security, both hurt: what is done. Every combination has its row. */
const TABLE: readonly (readonly [Severity, boolean, boolean, boolean, Words])[] = [
  ['critical', true, false, false, 'takeBack'],
  ['critical', true, false, true, 'hold+backup'],
  ['critical', true, true, false, 'takeBack'],
  ['critical', true, true, true, 'takeBack'],
  ['critical', false, false, false, 'backup+cycle'],
  ['critical', false, false, true, 'backup+cycle'],
  ['critical', false, true, false, 'backup+cycle'],
  ['critical', false, true, true, 'backup+cycle'],
  ['high', true, false, false, 'hold+backup'],
  ['high', true, false, true, 'hold+backup'],
  ['high', true, true, false, 'takeBack'],
  ['high', true, true, true, 'takeBack'],
  ['high', false, false, false, 'backup+cycle'],
  ['high', false, false, true, 'backup+cycle'],
  ['high', false, true, false, 'backup+cycle'],
  ['high', false, true, true, 'backup+cycle'],
  ['medium', true, false, false, 'hold+cycle'],
  ['medium', true, false, true, 'hold+cycle'],
  ['medium', true, true, false, 'takeBack'],
  ['medium', true, true, true, 'takeBack'],
  ['medium', false, false, false, 'cycle'],
  ['medium', false, false, true, 'cycle'],
  ['medium', false, true, false, 'cycle'],
  ['medium', false, true, true, 'cycle'],
  ['low', true, false, false, ''],
  ['low', true, false, true, ''],
  ['low', true, true, false, 'takeBack'],
  ['low', true, true, true, 'takeBack'],
  ['low', false, false, false, ''],
  ['low', false, false, true, ''],
  ['low', false, true, false, ''],
  ['low', false, true, true, ''],
];

const inWords = (response: Response): string =>
  (['takeBack', 'hold', 'backup', 'cycle'] as const).filter((name) => response[name]).join('+');

const BACKUP = { model: 'spare', hash: 'backup-hash' };
const T0 = ADMITTED_AT_MS + MINUTE_MS;

const soaking = (bothHurt: boolean): RolloutState => ({
  ...admitted({ backup: BACKUP }),
  phase: 'soaking',
  revision: 3,
  weightPct: 5,
  verdict: testVerdict(bothHurt ? 'bothHurt' : 'healthy'),
});

const sent = (severity: string, security: boolean) => {
  const type = security ? 'security_breach' : 'quality_drop';
  const read = readMessage('anomaly', { anomaly_type: type, severity, affected_services: ['support-bot'] });
  if (!read.ok || read.message.name !== 'anomaly') throw new Error('a test sends what can be read');
  return read.message;
};

describe('the table of responses', () => {
  it('has a row for every combination', () => {
    const keys = new Set(TABLE.map(([severity, ...flags]) => [severity, ...flags.slice(0, 3)].join()));
    expect([keys.size, TABLE.length]).toEqual([SEVERITIES.length * 8, SEVERITIES.length * 8]);
  });

  it.each(TABLE)(
    '%s, in flight %s, security %s, both hurt %s: %s',
    (severity, inFlight, security, bothHurt, words) => {
      expect(inWords(responseTo({ severity, security, inFlight, bothHurt }))).toBe(words);
    },
  );

  it.each(TABLE.filter(([, inFlight]) => inFlight))(
    'is what a rollout does: %s, in flight %s, security %s, both hurt %s: %s',
    (severity, _inFlight, security, bothHurt, words) => {
      const before = soaking(bothHurt);
      const { state, answer } = receiveMessage(before, sent(severity, security), T0);
      expect(answer.accepted).toBe(true);
      const done = [
        state.phase === 'rollingBack' ? 'takeBack' : '',
        state.held ? 'hold' : '',
        state.backup?.stage === 'wanted' ? 'backup' : '',
        (state.cyclesAsked ?? 0) > 0 ? 'cycle' : '',
      ];
      expect(done.filter((word) => word !== '').join('+')).toBe(words);
    },
  );

  it.each([
    ['info', 'low'],
    ['warning', 'medium'],
    ['error', 'high'],
    ['CRITICAL', 'critical'],
  ])('reads %s as %s', (alias, severity) => {
    expect(sent(alias, false).severity).toBe(severity);
  });
});

describe('an anomaly', () => {
  it('is the same when it is sent on', () => {
    const read = readMessage('anomaly', {
      anomaly_type: 'x',
      severity: 'error',
      affected_services: ['a', 'b'],
      security: true,
      alerts: 7,
      id: 'sentinel/1',
    });
    if (!read.ok || read.message.name !== 'anomaly') throw new Error('a test sends what can be read');
    expect(read.message).toMatchObject({ security: true, alerts: 7, severity: 'high' });
    expect(readMessage('anomaly', anomalyPayload(read.message))).toEqual(read);
  });

  it('of an older plan holds and does no more', () => {
    const before: RolloutState = { ...admitted(), phase: 'soaking', revision: 3, weightPct: 5 };
    for (const severity of ['high', 'medium'] as const) {
      const { state } = receiveMessage(before, sent(severity, false), T0);
      expect(state).toMatchObject({ phase: 'soaking', held: { by: 'sentinel' } });
      expect([state.backup, state.cyclesAsked]).toEqual([undefined, undefined]);
    }
  });

  it('says so when there is no backup model', () => {
    const before = { ...soaking(false), plan: { ...soaking(false).plan, backup: null } };
    expect(receiveMessage(before, sent('high', false), T0).answer.reason).toContain('no backup model');
  });
});
