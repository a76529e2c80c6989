/** What a state remembers of its log: what people did stays until it has been written down, whatever programs say meanwhile. */
import { describe, expect, it } from 'vitest';
import { auditActs } from '../../../activities/audit-acts.ts';
import { logged as loggedOfExperiment, startExperimentRun } from '../../../src/state/experiment/state.ts';
import { ACTS_KEPT, LOG_KEPT, withEntry, type LogEntry } from '../../../src/state/log-kept.ts';
import { readMessage, type Message } from '../../../src/state/messages.ts';
import { receiveMessage, reduceRollout, type RolloutState } from '../../../src/state/rollout/index.ts';
import { startExperiment } from '../../../src/analysis/index.ts';
import { experimentPlan } from '../../support/experiment.ts';
import { admitted, ADMITTED_AT_MS } from '../../support/rollout.ts';

const T0 = ADMITTED_AT_MS;
const HOLDER = { workflowId: 'rollout/support-bot', firstRunId: 'run-1', runId: 'run-1' };

const entry = (no: number, by: string): LogEntry => ({ atMs: T0 + no, what: `what ${no}`, by, why: '' });
const many = (count: number, by: string, log: readonly LogEntry[] = []): readonly LogEntry[] =>
  Array.from({ length: count }, (_, no) => entry(no, by)).reduce(withEntry, log);

describe('a log', () => {
  it.each(['optimizer', 'gateway', 'sentinel'])('keeps the newest of what %s says, in order', (by) => {
    const log = many(LOG_KEPT + 7, by);
    expect(log).toEqual(Array.from({ length: LOG_KEPT }, (_, i) => entry(i + 7, by)));
  });

  it('keeps what people did, however much is said after it, and not without a bound', () => {
    const acts = [entry(1, 'ann'), entry(2, 'temporal'), entry(3, 'cycle/support-bot')];
    const log = many(500, 'sentinel', acts);
    expect(log.slice(0, 3)).toEqual(acts);
    expect(log).toHaveLength(LOG_KEPT + 3);
    expect(many(500, 'bob', log)).toHaveLength(LOG_KEPT + ACTS_KEPT);
    expect(many(500, 'bob', log).at(-1)).toEqual(entry(499, 'bob'));
  });
});

const message = (name: 'pause' | 'resume' | 'anomaly', payload: unknown): Message => {
  const read = readMessage(name, payload);
  if (!read.ok) throw new Error(`a test's own message: ${JSON.stringify(read.problems)}`);
  return read.message;
};

/** What the audit log holds after a look. */
const audited = async (state: RolloutState): Promise<readonly string[]> => {
  const entries: string[] = [];
  const audit = {
    append: ({ actor, action }: { readonly actor: string; readonly action: string }) => {
      entries.push(`${actor}: ${action}`);
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
  };
  await auditActs({ audit }, state, HOLDER);
  return entries;
};

describe('what people did between two looks', () => {
  it('is audited after a storm of low anomalies, and after as many looks that failed', async () => {
    let state = reduceRollout(admitted(), {
      kind: 'weightSet',
      atMs: T0,
      weightPct: 5,
      leaseExpiresAtMs: null,
    });
    const receive = (given: Message, atMs: number): void =>
      void (state = receiveMessage(state, given, atMs).state);
    receive(message('pause', { by: 'ann', reason: 'release day' }), T0 + 1);
    receive(message('resume', { by: 'bob' }), T0 + 2);
    for (let no = 0; no < 60; no += 1) {
      const low = { anomaly_type: `kind ${no}`, severity: 'low', affected_services: [] };
      receive(message('anomaly', low), T0 + 3 + no);
      state = reduceRollout(state, { kind: 'lookFailed', atMs: T0 + 3 + no, why: 'no database' });
    }
    expect(await audited(state)).toEqual(expect.arrayContaining(['ann: paused', 'bob: resumed']));
  });

  it('stays in the log of an experiment too', () => {
    const plan = experimentPlan({});
    let state = startExperimentRun(plan, startExperiment(plan.design));
    state = loggedOfExperiment(state, entry(1, 'ann'));
    for (let no = 2; no < 100; no += 1) state = loggedOfExperiment(state, entry(no, 'sentinel'));
    expect(state.log).toContainEqual(entry(1, 'ann'));
  });
});
