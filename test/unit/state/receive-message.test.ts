/** What a message makes of a rollout, and the answer that its sender gets. */
import { describe, expect, it } from 'vitest';
import { CLOCKS_APART_MS } from '../../../src/state/incident.ts';
import { readMessage, type Message, type MessageName, type Severity } from '../../../src/state/messages.ts';
import {
  receiveMessage,
  reduceRollout,
  replacementInput,
  type RolloutPhase,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testVerdict } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const OPEN: readonly RolloutPhase[] = ['awaitingApproval', 'applying', 'soaking', 'promoting'];
const ENDING = { outcome: 'rolledBack', by: 'oncall', reason: 'complaints' } as const;

const inPhase = (phase: RolloutPhase, different: Partial<RolloutState> = {}): RolloutState => ({
  ...admitted(),
  phase,
  revision: phase === 'awaitingApproval' ? 0 : 3,
  weightPct: phase === 'awaitingApproval' ? 0 : 5,
  soakEndsAtMs: T0 + 15 * MINUTE_MS,
  ...different,
});

const typed = (name: MessageName, payload: unknown): Message => {
  const read = readMessage(name, payload);
  if (!read.ok) throw new Error(`a test's own message: ${JSON.stringify(read.problems)}`);
  return read.message;
};
const ROLLBACK = typed('rollback', { by: 'oncall', reason: 'complaints' });
const PAUSE = typed('pause', { by: 'ann', reason: 'release day' });
const PROMOTE = typed('promote', { by: 'ann', reason: 'seen enough' });
const anomaly = (
  severity: Severity,
  type = 'quality_drop',
  affected: readonly string[] = ['support-bot'],
): Message => typed('anomaly', { anomaly_type: type, severity, affected_services: affected });

describe('what is for experiments', () => {
  it.each([
    ['stop', { by: 'ann', reason: 'enough' }, /not stopped: send rollback or reject/u],
    ['setAllocation', { by: 'ann', reason: 'more', exposedPct: 50 }, /no allocation: its steps/u],
  ] as const)('%s is refused in every phase, with what to do instead', (name, payload, reason) => {
    for (const phase of OPEN) {
      const state = inPhase(phase);
      const received = receiveMessage(state, typed(name, payload), T0);
      expect(received.state).toBe(state);
      expect(received.answer).toMatchObject({ accepted: false });
      expect(received.answer.reason).toMatch(reason);
    }
  });

  it('the variant of a promote is nothing to a rollout', () => {
    const named = typed('promote', { by: 'ann', reason: 'seen enough', variant: 'concise' });
    const state = inPhase('soaking');
    expect(receiveMessage(state, named, T0)).toEqual(receiveMessage(state, PROMOTE, T0));
  });
});

describe('rollback, reject and replace', () => {
  it.each(OPEN)('are accepted while %s, with who and why', (phase) => {
    for (const [message, outcome] of [
      [ROLLBACK, 'rolledBack'],
      [typed('reject', { by: 'oncall', reason: 'complaints' }), 'rejected'],
      [typed('replace', { by: 'oncall', change: { model: 'm' } }), 'replaced'],
    ] as const) {
      const { state, answer } = receiveMessage(inPhase(phase), message, T0);
      expect(answer.accepted).toBe(true);
      expect(state).toMatchObject({ phase: 'rollingBack', ending: { outcome, by: 'oncall' } });
    }
  });

  it('a second rollback is accepted and changes nothing', () => {
    const state = inPhase('rollingBack', { ending: ENDING });
    expect(receiveMessage(state, ROLLBACK, T0)).toEqual({
      state,
      answer: { accepted: true, reason: 'already being taken back: complaints' },
    });
  });

  it('the replacement travels with the state', () => {
    const { state } = receiveMessage(
      inPhase('soaking'),
      typed('replace', { by: 'ann', change: { model: 'm' } }),
      T0,
    );
    expect(state.replacement).toEqual({ model: 'm' });
  });
});

describe('once the change is being taken back', () => {
  it.each(['approve', 'reject', 'pause', 'resume', 'promote', 'replace'] as const)(
    '%s is refused',
    (name) => {
      const state = inPhase('rollingBack', { ending: ENDING });
      const message = typed(name, { by: 'ann', reason: 'x', change: { model: 'm' } });
      const received = receiveMessage(state, message, T0);
      expect(received.state).toBe(state);
      expect(received.answer).toEqual({
        accepted: false,
        reason: 'the change is being taken back: complaints',
      });
    },
  );

  it('an anomaly is taken note of and changes nothing', () => {
    const state = inPhase('rollingBack', { ending: ENDING });
    expect(receiveMessage(state, anomaly('critical'), T0)).toMatchObject({
      state,
      answer: { accepted: true },
    });
  });

  it('and when it has ended, everything is refused with the outcome', () => {
    const state = inPhase('ended', { outcome: 'rolledBack' });
    for (const message of [ROLLBACK, PAUSE, PROMOTE, anomaly('critical')]) {
      expect(receiveMessage(state, message, T0)).toEqual({
        state,
        answer: { accepted: false, reason: 'the rollout has ended: rolledBack' },
      });
    }
  });
});

describe('a rollout that makes room for another change', () => {
  const REPLACE = typed('replace', { by: 'bob', change: { model: 'm' } });
  const replacing = (): RolloutState =>
    receiveMessage({ ...inPhase('soaking'), plan: { ...admitted().plan, table: 4 } }, REPLACE, T0).state;
  const ends = [
    ['rollback', ROLLBACK, 'rolledBack'],
    ['reject', typed('reject', { by: 'oncall', reason: 'complaints' }), 'rejected'],
    ['a critical anomaly', anomaly('critical'), 'rolledBack'],
    ['a security alert', anomaly('low', 'security_breach'), 'rolledBack'],
  ] as const;

  it.each(ends)('while it is taken back, %s calls the other change off', (_name, message, outcome) => {
    const { state, answer } = receiveMessage(replacing(), message, T0);
    expect(answer).toMatchObject({ accepted: true });
    expect(answer.reason).toContain('nothing starts in its place');
    expect(state).toMatchObject({ phase: 'rollingBack', ending: { outcome }, replacement: null });
    expect(state.log.at(-1)).toMatchObject({ what: 'replacement called off' });
    const ended = reduceRollout(state, { kind: 'takenBack', atMs: T0 });
    expect([ended.outcome, replacementInput(ended, {})]).toEqual([outcome, null]);
  });

  it.each(ends)(
    'once it has ended, and before the other one starts, %s calls it off',
    (_name, message, outcome) => {
      const ended = reduceRollout(replacing(), { kind: 'takenBack', atMs: T0 });
      expect(replacementInput(ended, {})).toMatchObject({ change: { model: 'm' } });
      const { state, answer } = receiveMessage(ended, message, T0);
      expect(answer.accepted).toBe(true);
      expect(state).toMatchObject({ phase: 'ended', outcome, replacement: null });
      expect(replacementInput(state, {})).toBeNull();
      expect(receiveMessage(state, message, T0)).toMatchObject({ state, answer: { accepted: false } });
    },
  );

  it('is not stopped by what only takes note, waits, is older than the rollout, or concerns another service', () => {
    const old = typed('anomaly', {
      anomaly_type: 'security_breach',
      severity: 'critical',
      affected_services: [],
      raised_at_ms: T0 - 24 * 60 * MINUTE_MS,
    });
    for (const before of [replacing(), reduceRollout(replacing(), { kind: 'takenBack', atMs: T0 })]) {
      for (const message of [
        old,
        anomaly('high'),
        anomaly('low'),
        anomaly('critical', 'x', ['code-bot']),
        PAUSE,
      ]) {
        expect(receiveMessage(before, message, T0).state).toBe(before);
      }
    }
  });

  it('was admitted before that: the other change starts, as it always did', () => {
    const { table: _table, ...plan } = replacing().plan;
    const before = { ...replacing(), plan };
    expect(receiveMessage(before, ROLLBACK, T0)).toMatchObject({ state: before, answer: { accepted: true } });
  });
});

describe('approve', () => {
  it('starts the rollout that waits for it', () => {
    const { state, answer } = receiveMessage(
      inPhase('awaitingApproval'),
      typed('approve', { by: 'ann' }),
      T0,
    );
    expect([answer.accepted, state.phase]).toEqual([true, 'applying']);
  });

  it('is bound to the evidence that it names', () => {
    const waits = inPhase('awaitingApproval');
    const right = typed('approve', { by: 'ann', evidence: 'candidate-hash' });
    const wrong = typed('approve', { by: 'ann', evidence: 'an older one' });
    expect(receiveMessage(waits, right, T0).state.phase).toBe('applying');
    expect(receiveMessage(waits, wrong, T0)).toMatchObject({ state: waits, answer: { accepted: false } });
  });

  it.each(['applying', 'soaking', 'promoting'] as const)('has nothing to approve while %s', (phase) => {
    const state = inPhase(phase);
    expect(receiveMessage(state, typed('approve', { by: 'ann' }), T0)).toMatchObject({
      state,
      answer: { accepted: false },
    });
  });
});

describe('pause and resume', () => {
  it('a pause says who and why; a second one is refused; resume lifts pause and hold', () => {
    const paused = receiveMessage(inPhase('soaking'), PAUSE, T0).state;
    expect(paused.paused).toEqual({ by: 'ann', reason: 'release day' });
    expect(receiveMessage(paused, PAUSE, T0).answer).toEqual({
      accepted: false,
      reason: 'already paused by ann: release day',
    });
    const held = receiveMessage(paused, anomaly('high'), T0).state;
    const resumed = receiveMessage(held, typed('resume', { by: 'bob' }), T0);
    expect(resumed).toMatchObject({ state: { paused: null, held: null }, answer: { accepted: true } });
    expect(receiveMessage(resumed.state, typed('resume', { by: 'bob' }), T0).answer.accepted).toBe(false);
  });
});

describe('promote by hand', () => {
  it('leaves the step and records every gate that was not met', () => {
    const { state, answer } = receiveMessage(
      inPhase('soaking', { verdict: testVerdict('inconclusive') }),
      PROMOTE,
      T0,
    );
    expect(state).toMatchObject({ phase: 'applying', stepIndex: 1 });
    expect(answer.reason).toBe('step left with 2 gates unmet: soak, quality');
    expect(state.log.at(-1)).toMatchObject({
      what: 'promoted by hand',
      by: 'ann',
      why: 'seen enough (unmet: soak, quality)',
    });
  });

  it('says so when nothing was looked at, and when nothing is unmet', () => {
    const unseen = receiveMessage(inPhase('soaking'), PROMOTE, T0);
    expect(unseen.answer.reason).toContain('no look yet');
    const met = inPhase('soaking', { verdict: testVerdict('healthy') });
    expect(receiveMessage(met, PROMOTE, T0 + 15 * MINUTE_MS).answer.reason).toBe(
      'step left with 0 gates unmet',
    );
  });

  it('leads from the last step to the promotion', () => {
    expect(receiveMessage(inPhase('soaking', { stepIndex: 3 }), PROMOTE, T0).state.phase).toBe('promoting');
  });

  it('is refused while harm is proven', () => {
    const harmed = inPhase('soaking', { verdict: testVerdict('harm') });
    expect(receiveMessage(harmed, PROMOTE, T0)).toMatchObject({ state: harmed, answer: { accepted: false } });
  });

  it.each(['awaitingApproval', 'applying', 'promoting'] as const)(
    'has nothing to leave while %s',
    (phase) => {
      const state = inPhase(phase);
      expect(receiveMessage(state, PROMOTE, T0)).toMatchObject({ state, answer: { accepted: false } });
    },
  );
});

describe('an anomaly while the change is in flight', () => {
  it.each<[Severity, string, Partial<RolloutState>, string, boolean]>([
    ['critical', 'quality_drop', {}, 'rollingBack', false],
    ['critical', 'quality_drop', { verdict: testVerdict('bothHurt') }, 'soaking', true],
    ['high', 'quality_drop', {}, 'soaking', true],
    ['medium', 'quality_drop', {}, 'soaking', true],
    ['low', 'quality_drop', {}, 'soaking', false],
    ['low', 'security_breach', {}, 'rollingBack', false],
    ['high', 'security_breach', { verdict: testVerdict('bothHurt') }, 'rollingBack', false],
  ])('%s %s %o: %s, held %s', (severity, type, different, phase, held) => {
    const { state, answer } = receiveMessage(inPhase('soaking', different), anomaly(severity, type), T0);
    expect([state.phase, state.held !== null, answer.accepted]).toEqual([phase, held, true]);
  });

  it.each(OPEN)('takes back when critical while %s', (phase) => {
    expect(receiveMessage(inPhase(phase), anomaly('critical'), T0).state.phase).toBe('rollingBack');
  });

  it('of other services changes nothing; one that names none concerns all', () => {
    const state = inPhase('soaking');
    expect(receiveMessage(state, anomaly('critical', 'x', ['code-bot']), T0)).toEqual({
      state,
      answer: { accepted: false, reason: 'does not concern support-bot' },
    });
    expect(receiveMessage(state, anomaly('critical', 'x', []), T0).state.phase).toBe('rollingBack');
  });

  it.each<[Severity, string]>([
    ['critical', 'quality_drop'],
    ['high', 'quality_drop'],
    ['medium', 'quality_drop'],
    ['critical', 'security_breach'],
  ])('%s %s that was raised before the rollout began is logged with that, and no more', (severity, type) => {
    const state = inPhase('soaking');
    const raisedAtMs = state.plan.admittedAtMs - CLOCKS_APART_MS - 1;
    const late = receiveMessage(state, { ...anomaly(severity, type), raisedAtMs } as Message, T0);
    expect(late.answer).toEqual({ accepted: true, reason: 'logged: raised before this rollout began' });
    expect(late.state).toEqual({
      ...state,
      log: [
        ...state.log,
        {
          atMs: T0,
          what: 'anomaly',
          by: 'sentinel',
          why: `${severity} anomaly: ${type}; raised ${new Date(raisedAtMs).toISOString()}, before this rollout began`,
        },
      ],
    });
    const since = { ...anomaly(severity, type), raisedAtMs: raisedAtMs + 1 } as Message;
    expect(receiveMessage(state, since, T0).state).toEqual(
      receiveMessage(state, anomaly(severity, type), T0).state,
    );
  });

  it('is logged when low', () => {
    expect(receiveMessage(inPhase('soaking'), anomaly('low'), T0).state.log.at(-1)).toMatchObject({
      what: 'anomaly',
      by: 'sentinel',
      why: 'low anomaly: quality_drop',
    });
  });
});

describe('a repeated message', () => {
  const message = typed('pause', { by: 'ann', reason: 'x', messageId: 'm1' });

  it('is refused as handled and changes nothing', () => {
    const once = receiveMessage(inPhase('soaking'), message, T0).state;
    const resumed = receiveMessage(once, typed('resume', { by: 'ann' }), T0).state;
    expect(receiveMessage(resumed, message, T0)).toEqual({
      state: resumed,
      answer: { accepted: false, reason: 'message m1 was already handled' },
    });
  });

  it('is remembered for the last 200 messages', () => {
    let state = inPhase('soaking');
    for (let i = 0; i < 250; i += 1) {
      state = receiveMessage(state, typed('resume', { by: 'ann', messageId: `m${i}` }), T0).state;
    }
    expect([state.seen.length, state.seen[0], state.seen.at(-1)]).toEqual([200, 'm50', 'm249']);
  });
});
