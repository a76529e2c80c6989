/**
 * `npm run prove -- experiment-week`: two experiments of a week on the time-skipping server. Every look and renewal that was due is performed, the history
 * crosses continue-as-new at least twice, messages that are sent as it does are neither lost nor taken twice, and every history is replayed.
 */
import { buildBundle } from '../../../workers/build-bundle.ts';
import { liveThroughWeeks, type Week } from '../../support/experiment-week.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

async function run({ onProgress }: ProofOptions): Promise<ProofResult> {
  const { whole, disturbed } = await liveThroughWeeks({ code: await buildBundle() }, onProgress);
  const row = (name: string, of: (week: Week) => string | number) => [
    name,
    String(of(whole)),
    String(of(disturbed)),
  ];
  return {
    table: [
      ['', 'undisturbed', 'paused and rolled back across the boundary'],
      row('days', ({ days }) => days.toFixed(2)),
      row('outcome', ({ outcome }) => outcome),
      row('ticks (renewals)', ({ ticks }) => ticks),
      row('looks', ({ looks }) => looks),
      row('due and missed', ({ missed }) => missed),
      row('runs', ({ runs }) => runs),
      row('events', ({ events }) => events),
      row('histories replayed', ({ replayed }) => replayed),
      row('seconds', ({ seconds }) => seconds.toFixed(1)),
      ['messages sent at event', '', disturbed.sentAtEvents.join(', ')],
      ['runs when resumed', '', String(disturbed.runsWhilePaused)],
      ['hours without arms', '', (disturbed.pausedMs / 3_600_000).toFixed(2)],
    ],
    figures: {
      days: whole.days,
      ticks: whole.ticks,
      looks: whole.looks,
      missed: whole.missed + disturbed.missed,
      runs: whole.runs,
      events: whole.events,
      replayed: whole.replayed + disturbed.replayed,
      disturbedRuns: disturbed.runs,
      disturbedEvents: disturbed.events,
      disturbedTicks: disturbed.ticks,
      seconds: whole.seconds + disturbed.seconds,
    },
    broken: [
      ...brokenOf('the undisturbed week', whole, 'expired', 3),
      ...brokenOf('the disturbed week', disturbed, 'rolledBack', 2),
      ...(disturbed.runsWhilePaused === 2 && disturbed.sentAtEvents.length === 2
        ? []
        : ['no message was sent across the boundary of two runs']),
      ...(whole.ticks === 2_016 && whole.looks === 672
        ? []
        : [`${whole.ticks} ticks and ${whole.looks} looks in seven days, expected 2016 and 672`]),
    ],
  };
}

function brokenOf(name: string, week: Week, outcome: string, runs: number): readonly string[] {
  return [
    ...(week.outcome === outcome
      ? []
      : [`${name} ended as ${week.outcome} (${week.reason}), expected ${outcome}`]),
    ...(week.missed === 0 ? [] : [`${name} missed ${week.missed} ticks or looks that were due`]),
    ...(week.runs >= runs ? [] : [`${name} had ${week.runs} runs, expected at least ${runs}`]),
    ...(week.leftLive === null ? [] : [`${name} left ${week.leftLive} live`]),
  ];
}

export const proof: Proof = {
  summary: 'an experiment of seven days, time-skipped: every look and renewal, over several runs',
  defaultRuns: 1,
  run,
};
