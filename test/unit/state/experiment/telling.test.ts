// What people are told of an experiment: notices, and how far it is.
import { describe, expect, it } from 'vitest';
import { experimentProgressText } from '../../../../src/cli/progress-view.ts';
import {
  experimentNoticeOf,
  experimentNotices,
  experimentProgress,
  type ArmTotals,
  type ExperimentPlan,
  type ExperimentRunState,
} from '../../../../src/state/experiment/index.ts';
import { DAY_MS, experimentAdmitted, experimentLook, HOUR_MS } from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

/** What is told from the admission to the end, in order. */
const told = (
  plan: Partial<ExperimentPlan>,
  script: (play: ExperimentPlay) => unknown,
): readonly string[] => {
  const play = new ExperimentPlay(experimentAdmitted(plan));
  const states: ExperimentRunState[] = [play.state];
  let state = play.state;
  Object.defineProperty(play, 'state', {
    get: () => state,
    set: (next: ExperimentRunState) => {
      state = next;
      states.push(next);
    },
  });
  script(play);
  return states.flatMap((after, i) =>
    experimentNotices(states[i - 1] ?? null, after).map(
      ({ kind, reason, by }) => `${kind} by ${by}: ${reason}`,
    ),
  );
};

const wins = (play: ExperimentPlay): void => {
  play.finds = (judges) => (judges ? 'winner' : 'renewed');
};

describe('people are told', () => {
  it('of both approvals that are needed, once each, and of what came out', () => {
    const notices = told({ approval: 'both' }, (play) => {
      wins(play);
      play.sends('approve');
      play.until((_, { state }) => state.looks === 3);
      play.sends('approve');
      play.toTheEnd();
    });
    expect(notices).toEqual([
      'approvalNeeded by ann: to start: concise',
      'approvalNeeded by ann: to roll concise out: concluded: adopted',
      'concluded by optimizer: adopted: concluded: adopted; rollout/support-bot rolls it out',
    ]);
  });

  it('of a broken split', () => {
    const notices = told({}, (play) => {
      play.finds = (judges) => (judges ? 'frozen' : 'renewed');
      play.until((_, { state }) => state.looks === 4);
      play.sends('stop');
      play.toTheEnd();
    });
    expect(notices).toEqual([
      'held by optimizer: the look says frozen',
      expect.stringMatching(/^rolledBack by ann: stopped: as the test says; until then concise led/u),
    ]);
  });

  it('that a spent approval is needed anew', () => {
    const notices = told({ approval: 'beforeGraduation' }, (play) => {
      wins(play);
      play.until((_, { state }) => state.phase === 'awaitingGraduation');
      play.sends('approve');
      play.ticks('controlKept');
    });
    expect(notices.map((notice) => notice.split(' ')[0])).toEqual(['approvalNeeded', 'approvalNeeded']);
  });

  it('that a winner is not rolled out, and why', () => {
    const notices = told({ graduate: false }, (play) => {
      wins(play);
      play.toTheEnd();
    });
    expect(notices).toEqual([
      'concluded by optimizer: adopted: concluded: adopted; not rolled out: concluded: adopted',
    ]);
  });

  it('under an id that is the same however often it is sent, with the evidence that an approval may name', () => {
    const { state } = new ExperimentPlay(experimentAdmitted({ approval: 'beforeStart' }));
    const [asks] = experimentNotices(null, state);
    if (!asks) throw new TypeError('notices: none is given, expected one');
    const notice = experimentNoticeOf(state, asks, 'experiment/support-bot', 1);
    expect(experimentNoticeOf(state, asks, 'experiment/support-bot', 2).id).toBe(notice.id);
    expect(notice).toMatchObject({ weightPct: 0, evidence: 'concise-hash', kind: 'approvalNeeded' });
  });
});

describe('progress', () => {
  const at = (different: Partial<ExperimentRunState>) => {
    const play = new ExperimentPlay(experimentAdmitted()).until((_, { state }) => state.served === 'yes');
    const startedAtMs = play.state.startedAtMs ?? 0;
    const state = { ...play.state, ...different, foldedToMs: startedAtMs + DAY_MS };
    const progress = experimentProgress(state);
    return progress && experimentProgressText(progress, startedAtMs + DAY_MS);
  };
  const { totals } = experimentLook(experimentAdmitted(), 'undecided');
  const [control, concise, clear] = [totals['control'], totals['concise'], totals['clear']];
  if (!control || !concise || !clear) throw new TypeError('totals: expected three arms');
  const labelled = (labels: number) => ({
    totals: { control, concise: { ...concise, labels: 20_000 }, clear: { ...clear, labels } },
  });

  it.each([
    ['before the first label, as planned', {}, /^0 of at most 22,500 labels per arm, some 3d 3h$/u],
    [
      'from the arm with the fewest labels, as they come',
      {
        totals: {
          control: { ...control, labels: 12_600 },
          concise: { ...concise, labels: 12_000 },
          clear: { ...clear, labels: 12_000 },
        },
      },
      /^12,000 of at most 22,500 labels per arm, some 21h$/u,
    ],
    [
      'beyond the longest duration',
      labelled(100),
      /^100 of at most 22,500 labels per arm, some 224d, beyond the longest duration of the experiment$/u,
    ],
    ['at an end', { phase: 'ended' as const }, /^null$/u],
  ])('%s', (_what, different, text) => {
    expect(String(at(different))).toMatch(text);
  });

  it('of those that are left, once one was put out', () => {
    const plan = experimentAdmitted().plan;
    const weights = { control: 0.5, concise: 0.5, clear: 0 };
    const put = (kind: 'fixed' | 'elimination') =>
      at({
        plan: { ...plan, allocation: { ...plan.allocation, kind } },
        periods: [{ fromMs: 0, toMs: null, exposedPct: 100, weights, why: 'clear is out' }],
        totals: {
          control: { ...control, labels: 12_600 },
          concise: { ...concise, labels: 12_000 },
          clear: { ...clear, labels: 100 },
        },
      });
    expect(put('elimination')).toMatch(/^12,000 of at most 22,500/u);
    expect(put('fixed')).toMatch(/^100 of at most 22,500/u);
  });

  it('since what answers has changed last, at the rate at which they have come all along', () => {
    const { verdict } = experimentLook(experimentAdmitted(), 'undecided');
    const perVariant = verdict.perVariant.map((look) => ({ ...look, labels: { control: 40, variant: 30 } }));
    const many = (arm: ArmTotals): ArmTotals => ({ ...arm, labels: 12_000 });
    const text = at({
      verdict: { ...verdict, perVariant },
      totals: { control: many(control), concise: many(concise), clear: many(clear) },
    });
    expect(text).toMatch(/^30 of at most 22,500 labels per arm, some 1d 21h$/u);
  });

  it('without any traffic', () => {
    const plan = experimentAdmitted().plan;
    const none = experimentAdmitted({ sizing: { ...plan.sizing, labelsPerHour: 0 } });
    const progress = experimentProgress(none);
    expect(progress && experimentProgressText(progress, HOUR_MS)).toBe(
      '0 of at most 22,500 labels per arm, none arrives',
    );
  });
});
