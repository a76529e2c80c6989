// What a tick leads to, in every phase, for every finding, however the experiment stands: table and reducer, cell by cell.
import { describe, expect, it } from 'vitest';
import {
  EXPERIMENT_FINDINGS,
  EXPERIMENT_STANDINGS,
  EXPERIMENT_TABLE,
  experimentFindingOf,
  reduceExperiment,
  type ExperimentDecision,
  type ExperimentFinding,
  type ExperimentPhase,
  type ExperimentRunState,
  type ExperimentStanding,
  type ExperimentTick,
  type JudgedLook,
} from '../../../../src/state/experiment/index.ts';
import {
  ADMITTED_AT_MS,
  experimentAdmitted,
  experimentConclusion,
  experimentLook,
  experimentTick,
  experimentVerdict,
  HOUR_MS,
} from '../../../support/experiment.ts';
import { ExperimentPlay } from '../../../support/experiment-run.ts';

const AT_MS = ADMITTED_AT_MS + HOUR_MS;
const PHASES = Object.keys(EXPERIMENT_TABLE) as readonly ExperimentPhase[];
const BY = { by: 'ann', reason: 'as the test says', sinceMs: AT_MS };

const running = (approval: 'none' | 'beforeGraduation'): ExperimentRunState =>
  new ExperimentPlay(experimentAdmitted({ approval })).until((_, { state }) => state.looks === 1).state;

const RUNNING = { none: running('none'), beforeGraduation: running('beforeGraduation') } as const;

const standing = (phase: ExperimentPhase, stands: ExperimentStanding): ExperimentRunState => {
  const isApproved = stands === 'approved' || (stands === 'still' && phase === 'awaitingGraduation');
  const asks = stands === 'asks' || isApproved;
  const isEnding = phase === 'restoring' || phase === 'graduating' || phase === 'ended';
  return {
    ...RUNNING[asks ? 'beforeGraduation' : 'none'],
    phase,
    ...(stands === 'stopped' && { held: { ...BY, armsAway: false } }),
    ...(isApproved && { approved: { by: 'ann', note: '' } }),
    ...(phase === 'awaitingGraduation' && { awaiting: { sinceMs: AT_MS, untilMs: AT_MS + HOUR_MS } }),
    ...(isEnding && { ending: { outcome: 'stopped', variant: null, by: 'ann', reason: 'enough' } }),
  };
};

/** The tick that finds it, also that nothing may be changed where it stands still. */
const tickOf = (
  state: ExperimentRunState,
  finding: Exclude<ExperimentFinding, 'tickFailed'>,
  stands: ExperimentStanding,
): ExperimentTick => ({
  ...experimentTick(state, AT_MS, finding),
  ...(stands === 'still' && { standstill: 'in the freeze "release day"' }),
});

const after = (
  state: ExperimentRunState,
  finding: ExperimentFinding,
  stands: ExperimentStanding,
): ExperimentRunState =>
  finding === 'tickFailed'
    ? reduceExperiment(state, { kind: 'tickFailed', atMs: AT_MS, why: 'the store is away' })
    : reduceExperiment(state, { kind: 'ticked', tick: tickOf(state, finding, stands) });

/** Another one than this was named. */
const withNamed = (state: ExperimentRunState, finding: ExperimentFinding): ExperimentRunState => {
  const times = state.awaiting ?? { sinceMs: AT_MS, untilMs: AT_MS + HOUR_MS };
  return finding === 'otherWinner' ? { ...state, awaiting: { ...times, variant: 'concise' } } : state;
};

const OUTCOMES: Partial<Record<ExperimentFinding, string>> = {
  harm: 'harmed',
  budgetSpent: 'budgetSpent',
  timeUp: 'expired',
  controlKept: 'keptControl',
  noDifference: 'noDifference',
};

/** What each decision makes of a state. */
const MEANS: Readonly<
  Record<ExperimentDecision, (a: ExperimentRunState, b: ExperimentRunState, found: ExperimentFinding) => void>
> = {
  ignore: (a, b) => {
    expect(b).toBe(a);
  },
  stay: (a, b) => {
    expect([b.phase, b.ending, b.held, b.served]).toEqual([a.phase, null, a.held, 'yes']);
    expect(b.ticks).toBe(a.ticks + 1);
  },
  tickAgain: (a, b) => {
    expect([b.phase, b.ending, b.looks, b.nextLookAtMs]).toEqual([a.phase, null, a.looks, a.nextLookAtMs]);
    expect([b.tickedAtMs, b.lookNow]).toEqual([AT_MS, false]);
  },
  serveAgain: (a, b) => {
    expect([b.phase, b.served, b.ending]).toEqual([a.phase, 'no', null]);
    expect([b.evidence, b.evidenceHash]).toEqual([a.evidence, a.evidenceHash]);
  },
  hold: (a, b) => {
    expect([a.held, b.ending]).toEqual([null, null]);
    expect(b.held).toMatchObject({ by: 'optimizer', reason: 'the look says frozen', armsAway: false });
  },
  askApproval: (_a, b) => {
    expect([b.phase, b.ending, b.conclusion?.variant]).toEqual(['awaitingGraduation', null, 'concise']);
    expect(b.awaiting).toEqual({
      sinceMs: AT_MS,
      untilMs: AT_MS + b.plan.approvalTimeoutMs,
      variant: 'concise',
    });
  },
  askAgain: (a, b, found) => {
    expect(a.approved !== null || found === 'otherWinner').toBe(true);
    if (found === 'otherWinner')
      expect([b.awaiting?.variant, b.conclusion?.variant]).toEqual(['clear', 'clear']);
    expect([b.phase, b.approved, b.ending]).toEqual(['awaitingGraduation', null, null]);
  },
  adopt: (_a, b, found) => {
    expect(found).toBe('winner');
    expect(b.phase).toBe('restoring');
    expect(b.ending).toMatchObject({ outcome: 'adopted', variant: 'concise' });
    expect(b.conclusion).toMatchObject({ outcome: 'adopted', variant: 'concise' });
  },
  conclude: (_a, b, found) => {
    expect(b.phase).toBe('restoring');
    expect([b.ending?.outcome, b.ending?.variant]).toEqual([OUTCOMES[found], null]);
    expect(b.conclusion?.outcome).toBe(OUTCOMES[found]);
  },
};

describe.each(PHASES)('a tick while %s', (phase) => {
  describe.each(EXPERIMENT_FINDINGS)('that finds %s', (finding) => {
    it.each(EXPERIMENT_STANDINGS)('does what the table says when it stands %s', (stands) => {
      const before = withNamed(standing(phase, stands), finding);
      const isFailed = finding === 'tickFailed';
      expect(isFailed || experimentFindingOf(before, tickOf(before, finding, stands))).toBe(
        isFailed || finding,
      );
      MEANS[EXPERIMENT_TABLE[phase][finding][stands]](before, after(before, finding, stands), finding);
    });
  });
});

describe('the table', () => {
  const cells = PHASES.flatMap((phase) =>
    EXPERIMENT_FINDINGS.flatMap((finding) =>
      EXPERIMENT_STANDINGS.map((stands) => ({
        phase,
        finding,
        stands,
        decision: EXPERIMENT_TABLE[phase][finding][stands],
      })),
    ),
  );

  it('adopts in no cell but that of a winner which nobody has stopped or has to approve', () => {
    const adopts = cells.filter(({ decision }) => decision === 'adopt');
    expect(adopts.map(({ finding }) => finding)).toEqual(adopts.map(() => 'winner'));
    expect(new Set(adopts.map(({ stands }) => stands))).toEqual(new Set(['going', 'approved']));
  });

  it('ends for harm, a spent budget and the end of time however an experiment that runs stands, and for nothing else when it is stopped', () => {
    const ends = cells.filter(({ stands, decision }) => stands === 'stopped' && decision === 'conclude');
    expect(new Set(ends.map(({ finding }) => finding))).toEqual(new Set(['harm', 'budgetSpent', 'timeUp']));
  });

  it('leaves nothing to a tick in phases that serve no arms', () => {
    const heard = cells.filter(({ decision }) => decision !== 'ignore').map(({ phase }) => phase);
    expect(new Set(heard)).toEqual(new Set(['running', 'awaitingGraduation']));
  });
});

describe('a winner without its proof is none', () => {
  const state = RUNNING.none;
  const look = experimentLook(state, 'winner');
  const [concise, ...others] = look.verdict.perVariant;
  if (!concise) throw new TypeError('perVariant: nothing is given, expected a look at concise');
  const withVerdict = (different: Partial<JudgedLook['verdict']>): Partial<JudgedLook> => ({
    verdict: { ...look.verdict, ...different },
  });
  const withGuardrail = (outcome: 'harm' | 'inconclusive' | 'noData'): Partial<JudgedLook> =>
    withVerdict({
      perVariant: [
        {
          ...concise,
          guardrails: concise.guardrails.map((each) => (each.required ? { ...each, outcome } : each)),
        },
        ...others,
      ],
    });

  it.each<readonly [string, Partial<JudgedLook>]>([
    ['a conclusion of another variant', { conclusion: experimentConclusion('adopted', 'clear') }],
    ['a conclusion of no variant', { conclusion: experimentConclusion('adopted') }],
    ['a verdict of no variant', withVerdict({ variant: null })],
    ['no look at the variant', withVerdict({ perVariant: others })],
    ['a required guardrail that is open', withGuardrail('inconclusive')],
    ['a required guardrail without data', withGuardrail('noData')],
    ['a required guardrail that proves harm', withGuardrail('harm')],
    ['a verdict that goes on', { verdict: experimentVerdict('running') }],
    ['a verdict of no difference', { verdict: experimentVerdict('noDifference') }],
    [
      'the control as a winner',
      { ...withVerdict({ variant: 'control' }), conclusion: experimentConclusion('adopted', 'control') },
    ],
  ])('%s', (_what, different) => {
    for (const stands of EXPERIMENT_STANDINGS) {
      const before = standing('running', stands);
      const tick = experimentTick(before, AT_MS, 'winner', different);
      expect(experimentFindingOf(before, tick)).toBe('undecided');
      expect(reduceExperiment(before, { kind: 'ticked', tick }).ending).toBeNull();
    }
  });

  it('an advisory guardrail that is open does not matter', () => {
    expect(concise.guardrails.find(({ required }) => !required)?.outcome).toBe('inconclusive');
    expect(experimentFindingOf(state, experimentTick(state, AT_MS, 'winner'))).toBe('winner');
  });

  it('and harm beside a conclusion that adopts is harm', () => {
    const tick = experimentTick(state, AT_MS, 'winner', { verdict: experimentVerdict('harm') });
    expect(reduceExperiment(state, { kind: 'ticked', tick }).ending?.outcome).toBe('harmed');
  });
});
