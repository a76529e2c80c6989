// An experiment from the operator's terminal: `tctl` starts it, asks for its statistics, pauses it, resumes it, and approves of its winner.
import { expect, test } from 'vitest';
import { poll } from '../../src/embedded/poll.ts';
import { GOOD_CANDIDATE, INCUMBENT } from '../support/optimizer-lab.ts';
import { ROLLOUT, useProgram } from './program.ts';

const EXPERIMENT = 'experiment/support-bot';
const START = `tctl workflow start --taskqueue llm-optimizer --workflow_type abExperiment --workflow_id ${EXPERIMENT} --input '{"serviceId":"support-bot","name":"cheaper","primary":"cost","variants":[{"id":"control"},{"id":"newer","change":{"model":"${GOOD_CANDIDATE}"}}],"approval":"beforeGraduation","by":"ann"}'`;
const signal = (name: string, input: string) =>
  `tctl workflow signal --workflow_id ${EXPERIMENT} --name ${name} --input '${input}'`;

/** Half a minute is usual for a winner of this size, and for its rollout afterwards; what has not come by then never comes. */
const LIMIT_MS = 240_000;

interface Shown {
  readonly phase: string;
  readonly served: string;
  readonly outcome: string | null;
  readonly approved?: object | null;
  readonly looks?: number;
  readonly refusal?: string | null;
  readonly plan: { readonly sizing: { readonly capPerArm: number; readonly reason: string } };
  readonly totals: Readonly<
    Record<string, { readonly labels: number; readonly costUsdPerRequest: number | null }>
  >;
  readonly verdict: { readonly outcome: string; readonly reason: string } | null;
}

/**
 * Two steps, as short as evidence allows. Quality may drop by more than chance ever shows of a variant that is as good (at the usual 5 per cent one such
 * rollout in some 200,000 is taken back): who wins is a matter of cost.
 */
const running = useProgram(12, {
  rollout: { steps: [50, 100], soak: '3s' },
  guardrails: { quality: { maxDropPct: 30, required: true } },
});

test('tctl starts an experiment, asks, pauses, resumes, approves, and the gateway serves the winner in the end', async () => {
  const { operator } = running;
  const shownWhen = async (wanted: (state: Shown) => boolean): Promise<Shown> => {
    let last: unknown;
    const seen = await poll(
      async () => {
        const state = (last = await operator.state(EXPERIMENT)) as object as Shown;
        return wanted(state) ? state : undefined;
      },
      { timeoutMs: LIMIT_MS, everyMs: 500 },
    );
    if (!seen) throw new Error(`not as wanted: ${JSON.stringify(last).slice(0, 2_000)}`);
    return seen;
  };
  const runId = await operator.start(START);
  const looked = await shownWhen(({ looks = 0, refusal }) => {
    if (typeof refusal === 'string') throw new Error(refusal);
    return looks >= 2;
  });
  expect(looked.plan.sizing).toMatchObject({ reason: expect.stringContaining('per arm') as string });
  expect(Object.keys(looked.totals)).toEqual(['control', 'newer']);
  expect(looked.verdict?.reason).toMatch(/\d/u);
  expect((await operator.live()).experiment?.arms.map(({ configuration }) => configuration['model'])).toEqual(
    [INCUMBENT, GOOD_CANDIDATE],
  );

  expect(await operator.type(signal('pause', '{"by":"ann","reason":"lunch"}'))).toMatchObject({ exit: 0 });
  expect(await operator.liveWhen(({ experiment }) => !experiment)).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    candidate: null,
  });
  expect(await operator.type(signal('resume', '{"by":"ann"}'))).toMatchObject({ exit: 0 });
  await operator.liveWhen(({ experiment }) => Boolean(experiment));

  // It graduates no sooner than somebody approves, however slowly the commands above were typed. An approval is spent when the look that it asks for
  // finds the winner unproven again: then it is asked for once more.
  let ended = await shownWhen(({ phase, outcome }) => phase === 'awaitingGraduation' || outcome !== null);
  while (ended.outcome === null) {
    await operator.type(signal('approve', '{"by":"ann"}'));
    ended = await shownWhen(({ outcome, approved = null }) => outcome !== null || approved === null);
  }
  expect(ended).toMatchObject({ outcome: 'adopted' });
  expect(await operator.end(EXPERIMENT, runId)).toMatchObject({
    status: 'COMPLETED',
    result: { outcome: 'adopted', winner: 'newer', graduation: { workflowId: ROLLOUT } },
  });
  const served = await poll(
    async () => {
      const live = await operator.live();
      return live.stable.configuration['model'] === GOOD_CANDIDATE && !live.candidate ? live : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 500 },
  );
  expect(served).toMatchObject({ stable: { configuration: { model: GOOD_CANDIDATE } }, candidate: null });
});
