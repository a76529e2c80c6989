// What holds of an experiment after any sequence of events and messages, in any order, sensible or not.
import { describe, expect, it } from 'vitest';
import {
  asked,
  experimentFindingOf,
  nextExperimentAction,
  receiveExperimentMessage,
  reduceExperiment,
  type ExperimentPhase,
  type ExperimentRunState,
} from '../../../../src/state/experiment/index.ts';
import { ACTS_KEPT, LOG_KEPT } from '../../../../src/state/log-kept.ts';
import { experimentSequence, type Step } from '../../../support/experiment-sequences.ts';

const ORDER: readonly ExperimentPhase[] = [
  'awaitingApproval',
  'starting',
  'running',
  'awaitingGraduation',
  'restoring',
  'graduating',
  'ended',
];
const rankOf = ({ phase }: ExperimentRunState): number => ORDER.indexOf(phase);
const sumOf = (weights: Readonly<Record<string, number>>): number =>
  Object.values(weights).reduce((sum, weight) => sum + weight, 0);
const fail = (what: string): never => {
  throw new Error(what);
};
/** `expect` is too slow for millions of checks. */
const must = (holds: boolean, what: string): void => {
  if (!holds) fail(what);
};

/** What a whole sequence has seen so far. */
interface Seen {
  /** Greatest share that a person has asked for. */
  byHandPct: number;
}

const ROLLBACK = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;

/** A rollback, and what the workflow does then. */
const rolledBack = (state: ExperimentRunState, atMs: number): ExperimentRunState => {
  let next = receiveExperimentMessage(state, ROLLBACK, atMs).state;
  for (let actions = 0; actions < 3; actions += 1) {
    const { kind } = nextExperimentAction(next, atMs);
    if (kind === 'restore') {
      next = reduceExperiment(next, { kind: 'writeStarted', atMs, arms: true });
      next = reduceExperiment(next, { kind: 'restored', atMs });
    } else if (kind === 'callOffGraduation')
      next = reduceExperiment(next, { kind: 'graduationCalledOff', atMs });
    else return kind === 'finish' ? next : fail(`${kind} after a rollback`);
  }
  return next;
};

const INVARIANTS: Readonly<Record<string, (step: Step, seen: Seen, no: number) => void>> = {
  'phases never go back': ({ before, after }) => {
    must(rankOf(after) >= rankOf(before), `${before.phase} -> ${after.phase}`);
  },
  'the pair never falls, and the revision rises by one before each write': ({ before, after, move }) => {
    const isReset = after.plan.generation > before.plan.generation;
    const isWrite = move.kind === 'event' && move.event.kind === 'writeStarted' && before.phase !== 'ended';
    must(after.plan.generation >= before.plan.generation, 'the generation fell');
    must(
      isReset ? after.revision === 1 : after.revision === before.revision + (isWrite ? 1 : 0),
      `revision ${before.revision} -> ${after.revision}`,
    );
  },
  'what is asked for are shares of the arms that sum to one': ({ after, atMs }) => {
    const { weights } = asked(after);
    must(Math.abs(sumOf(weights) - 1) < 1e-9, `weights ${JSON.stringify(weights)}`);
    must(Object.keys(weights).length === after.plan.arms.length, 'an arm is left out');
    const action = nextExperimentAction(after, atMs);
    if (action.kind === 'setArms') must(Math.abs(sumOf(action.weights) - 1) < 1e-9, 'written weights');
  },
  'exposure is as planned, or at most what a person asked for': ({ after, move, atMs }, seen) => {
    if (move.kind === 'message' && move.accepted && move.message.name === 'setAllocation')
      seen.byHandPct = Math.max(seen.byHandPct, move.message.exposedPct ?? 0);
    const action = nextExperimentAction(after, atMs);
    if (action.kind !== 'setArms') return;
    const planned = after.plan.ramp.exposedPct[after.ramp.index] ?? 0;
    must(action.exposedPct <= Math.max(planned, seen.byHandPct), `${action.exposedPct} % is written`);
  },
  'what is stopped, or has a winner that waits, is never exposed more': ({ after, atMs }) => {
    const waits = after.phase === 'awaitingGraduation';
    if (!after.paused && !after.held && !waits) return;
    const action = nextExperimentAction(after, atMs);
    must(action.kind !== 'raiseExposure', 'the ramp rises');
    if (action.kind !== 'setArms') return;
    must(waits || after.served === 'yes', 'arms are served anew');
    must(action.exposedPct <= (after.periods.at(-1)?.exposedPct ?? 0), `${action.exposedPct} % is written`);
  },
  'a paused experiment, and one held for an incident, takes its arms away': ({ after, atMs }) => {
    if (!after.paused && after.held?.armsAway !== true) return;
    const { kind } = nextExperimentAction(after, atMs);
    const quiet = ['wait', 'takeArmsAway', 'expireApproval', 'runOutOfTime'];
    must(quiet.includes(kind) && (kind !== 'wait' || after.served === 'no'), `${kind} while ${after.served}`);
  },
  'an ending is final, but for a winner that is taken back': ({ before, after }) => {
    if (!before.ending || before.ending === after.ending) return;
    const from = before.ending.outcome;
    const to = after.ending?.outcome ?? 'nothing';
    if (JSON.stringify(before.ending) === JSON.stringify(after.ending)) return;
    must(from === 'adopted' && ['rolledBack', 'stopped', 'rejected'].includes(to), `${from} -> ${to}`);
  },
  'the end is final': ({ before, after }) => {
    if (before.phase !== 'ended' || after === before) return;
    must(JSON.stringify({ ...after, seen: before.seen }) === JSON.stringify(before), 'the end has changed');
  },
  'it ends restored, or superseded': ({ before, after, move }) => {
    if (after.phase !== 'ended' || before.phase === 'ended') return;
    const by = move.kind === 'event' ? move.event.kind : move.kind;
    if (by === 'superseded') return must(after.outcome === 'superseded', after.outcome ?? '');
    const ends =
      (before.phase === 'restoring' && by === 'restored') ||
      (before.phase === 'graduating' &&
        ['graduated', 'graduationRefused', 'graduationCalledOff', 'stepFailed'].includes(by));
    must(ends, `${by} ended it while ${before.phase}`);
  },
  'an ended experiment has no arms anywhere, and a conclusion of its own outcome': ({ after }) => {
    if (after.phase !== 'ended') return;
    const open = after.periods.some(({ toMs }) => toMs === null);
    must(after.served === 'no' && !open && after.wanted === null, 'arms are left');
    must(after.outcome !== null && after.conclusion?.outcome === after.outcome, after.outcome ?? '');
  },
  'a winner is adopted by a look that proves it, unless a person names it': ({ before, after, move }) => {
    if (after.ending?.outcome !== 'adopted' || before.ending !== null) return;
    const { paused, held, approved, verdict, plan } = before;
    if (move.kind === 'message') {
      must(move.message.name === 'promote' && after.ending.byHand === true, move.message.name);
      return must(verdict !== null && verdict.outcome !== 'harm', 'nothing was measured, or harm is proven');
    }
    if (move.kind !== 'event' || move.event.kind !== 'ticked') return fail(move.kind);
    must(experimentFindingOf(before, move.event.tick) === 'winner', 'the look found no winner');
    must(!paused && !held, 'it was stopped');
    const asks = plan.approval === 'beforeGraduation' || plan.approval === 'both';
    must(!asks || approved !== null, 'nobody approved');
  },
  'a rollout follows only what was restored and adopted, and is wanted': ({ before, after }) => {
    if (after.graduation && !before.graduation) must(before.phase === 'graduating', before.phase);
    if (after.phase !== 'graduating' || before.phase === 'graduating') return;
    must(before.phase === 'restoring' && after.served === 'no', before.phase);
    must(after.ending?.outcome === 'adopted' && after.ending.variant !== null, after.ending?.outcome ?? '');
    must(after.plan.graduate || after.ending?.byHand === true, 'nobody wants it');
  },
  'a rollback is heard in every open phase, restores, and is final': ({ after, atMs }, _seen, no) => {
    if (no % 8 !== 0) return;
    const { answer } = receiveExperimentMessage(after, ROLLBACK, atMs);
    must(answer.accepted === (after.phase !== 'ended'), answer.reason);
    if (after.phase === 'ended') return;
    const done = rolledBack(after, atMs);
    must(done.phase === 'ended' && done.graduation === null, `${done.phase} after a rollback`);
    const before = after.ending?.outcome;
    const outcome = before === undefined || before === 'adopted' ? 'rolledBack' : before;
    must(done.outcome === outcome, `${done.outcome ?? ''} after a rollback`);
  },
  'a wait is for a time to come, and never beyond what the phase may last': ({ after, atMs }) => {
    const action = nextExperimentAction(after, atMs);
    if (action.kind !== 'wait') return;
    const { plan, startedAtMs, awaiting, approved } = after;
    const ends = (startedAtMs ?? plan.admittedAtMs) + plan.maxDurationMs;
    const limit = awaiting ? awaiting.untilMs + (approved ? plan.leaseMs : 0) : ends;
    must(action.untilMs > atMs && action.untilMs <= limit, `waits until ${action.untilMs}, at ${atMs}`);
  },
  'periods follow each other, and only what is served has an open one': ({ after }) => {
    const { periods, served } = after;
    periods.forEach(({ fromMs, toMs }, i) => {
      const next = periods[i + 1];
      must((toMs ?? fromMs) >= fromMs, 'a period ends before it begins');
      if (next) must(toMs !== null && toMs <= next.fromMs, 'periods overlap');
      else must(toMs !== null || served === 'yes', 'an open period of what is not served');
    });
  },
  'what is refused changes nothing, and neither does a repeated message': ({ before, after, move, atMs }) => {
    if (move.kind !== 'message') return;
    if (!move.accepted)
      must({ ...after, seen: [] }.log === before.log && after.phase === before.phase, 'refused');
    if (move.message.messageId === undefined) return;
    const again = receiveExperimentMessage(after, move.message, atMs);
    must(again.state === after && !again.answer.accepted, 'taken twice');
  },
  'a program that ends and starts again goes on from the same state; log and memory are bounded': (
    { before, after, move, atMs },
    _seen,
    no,
  ) => {
    must(after.log.length <= LOG_KEPT + ACTS_KEPT && after.seen.length <= 200, 'unbounded');
    if (move.kind !== 'restart' && no % 25 !== 0) return;
    const carried = JSON.parse(JSON.stringify(after)) as ExperimentRunState;
    if (move.kind === 'restart') expect(after).toEqual(before);
    else expect(carried).toEqual(after);
    expect(nextExperimentAction(carried, atMs)).toEqual(nextExperimentAction(after, atMs));
  },
};

const SEQUENCES = 10_000;
const SEED = 20_260_105;
const NAMES = Object.keys(INVARIANTS);

describe('whatever happens to an experiment', () => {
  it(
    `holds over ${SEQUENCES} random sequences, every one of ${NAMES.length} invariants`,
    { timeout: 900_000 },
    () => {
      const came = new Set<string>();
      for (let i = 0; i < SEQUENCES; i += 1) {
        const seen: Seen = { byHandPct: 0 };
        experimentSequence(SEED + i).forEach((step, no) => {
          const { after } = step;
          came.add(after.phase);
          if (after.outcome !== null) came.add(after.outcome);
          if (after.paused) came.add('paused');
          if (after.held) came.add(after.held.armsAway ? 'held, arms away' : 'held');
          if (after.approved) came.add('approved');
          if (after.served === 'unknown') came.add('left halfway');
          if (after.ramp.index === 2) came.add('ramped');
          if (after.graduation) came.add('graduated');
          if (after.graduation && after.outcome === 'rolledBack') came.add('rolled back too late');
          for (const name of NAMES) {
            try {
              INVARIANTS[name]?.(step, seen, no);
            } catch (error) {
              const why = error instanceof Error ? error.message : String(error);
              const { move } = step;
              throw new Error(
                `${name}: ${why} (seed ${SEED + i}, step ${no}: ${JSON.stringify(move).slice(0, 400)})`,
                {
                  cause: error,
                },
              );
            }
          }
        });
      }
      // None of this holds for want of cases.
      expect([...came].toSorted()).toEqual(
        [
          ...ORDER,
          'adopted',
          'approved',
          'budgetSpent',
          'expired',
          'failed',
          'graduated',
          'harmed',
          'held',
          'held, arms away',
          'keptControl',
          'left halfway',
          'noDifference',
          'paused',
          'ramped',
          'rejected',
          'rolledBack',
          'stopped',
          'superseded',
        ].toSorted(),
      );
    },
  );
});
