// Operators with the real `tctl` and `temporal` against the running program: every command of the documentation as it is written.
import { expect, test } from 'vitest';
import { GOOD_CANDIDATE, INCUMBENT } from '../support/optimizer-lab.ts';
import { ROLL_BACK, ROLLOUT, useProgram } from './program.ts';

const RESTORE = 'restore/support-bot';
const START_RESTORE = `tctl workflow start --taskqueue llm-optimizer --workflow_type restoreConfiguration --workflow_id restore/support-bot --input '{"serviceId":"support-bot","to":"previous","by":"oncall","reason":"complaints"}'`;

/**
 * Nobody looks while operators type, however slowly: the candidate of the documentation is one that looks would take back by themselves after
 * some minutes.
 */
const running = useProgram(11, { rollout: { look: '10m', lease: '30m' } });

const restored = () => running.operator.liveWhen(({ candidate }) => candidate === null);

test('A rollout started, queried and rolled back with tctl: the configuration is restored', async () => {
  const { operator } = running;
  const runId = await running.soaking();
  const state = await operator.state(ROLLOUT);
  expect(state).toMatchObject({
    input: { serviceId: 'support-bot', change: { model: 'claude-3-5-haiku' }, soak: '15m' },
    startedBy: 'unnamed (started by hand)',
    outcome: null,
    ignored: [],
  });
  expect(await operator.live()).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    candidate: { configuration: { model: 'claude-3-5-haiku' } },
    weight_pct: 5,
  });
  expect(await operator.type(ROLL_BACK)).toMatchObject({ exit: 0 });
  expect(await restored()).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    weight_pct: 0,
    last_change: { kind: 'rolledBack' },
  });
  expect(await operator.end(ROLLOUT, runId)).toMatchObject({
    status: 'COMPLETED',
    result: { outcome: 'rolledBack', reason: 'complaints' },
  });
  expect(await operator.state(ROLLOUT)).toMatchObject({ ending: { by: 'oncall', reason: 'complaints' } });
});

test('restoreConfiguration with a rollout running: it is taken back, and the restore says what is live', async () => {
  const { operator } = running;
  const rollout = await running.soaking();
  const restore = await operator.start(START_RESTORE);
  await restored();
  expect(await operator.end(ROLLOUT, rollout)).toMatchObject({
    status: 'COMPLETED',
    result: { outcome: 'rolledBack', reason: 'complaints' },
  });
  const ended = await operator.end(RESTORE, restore);
  expect(ended).toMatchObject({ status: 'COMPLETED', result: { serviceId: 'support-bot' } });
  const live = await operator.live();
  expect(live).toMatchObject({ stable: { configuration: { model: INCUMBENT } }, candidate: null });
  expect(live.generation).toBe(ended.result?.['generation']);
});

test('restoreConfiguration with nothing running: the previous configuration is live', async () => {
  const { operator } = running;
  const { generation } = (await operator.live()).stable;
  const promote = await running.soaking(
    `tctl workflow start --taskqueue llm-optimizer --workflow_type canaryRollout --workflow_id ${ROLLOUT} --input '{"serviceId":"support-bot","change":{"model":"${GOOD_CANDIDATE}"},"steps":[100],"force":true,"by":"ann"}'`,
  );
  const override = `temporal workflow signal --workflow-id ${ROLLOUT} --name promote --input '{"by":"ann","reason":"tried elsewhere"}'`;
  expect(await operator.type(override)).toMatchObject({ exit: 0 });
  expect(await operator.end(ROLLOUT, promote)).toMatchObject({ result: { outcome: 'promoted' } });
  expect(await operator.live()).toMatchObject({ stable: { configuration: { model: GOOD_CANDIDATE } } });

  const restore = await operator.start(START_RESTORE);
  expect(await operator.end(RESTORE, restore)).toMatchObject({
    status: 'COMPLETED',
    result: { restoredFrom: generation, tookOverFrom: null },
  });
  expect(await operator.live()).toMatchObject({
    stable: { configuration: { model: INCUMBENT } },
    candidate: null,
  });
});

test('optimizationCycle by hand: it recommends with numbers and changes nothing', async () => {
  const { operator } = running;
  const before = await operator.live();
  const cycle = 'cycle/support-bot';
  const start = () =>
    operator.start(
      `tctl workflow start --taskqueue llm-optimizer --workflow_type optimizationCycle --workflow_id ${cycle} --input '{"serviceId":"support-bot"}'`,
    );
  // A sweep may have started one while the service was still held, and a start under its id is answered with it: that one ends first.
  await operator.end(cycle, await start());
  const runId = await start();
  const { status, result } = await operator.end(cycle, runId);
  expect(status).toBe('COMPLETED');
  expect(result).toHaveProperty('assessment.serviceId', 'support-bot');
  expect(result?.['reason']).toMatch(/\d/u);
  expect(await operator.live()).toEqual(before);
});

test('A second start of a running rollout: tctl is answered with the run that stands, temporal is refused', async () => {
  const { operator } = running;
  const runId = await running.soaking();
  const other = `'{"serviceId":"support-bot","change":{"model":"${GOOD_CANDIDATE}"},"by":"ben"}'`;
  expect(
    await operator.start(
      `tctl workflow start --taskqueue llm-optimizer --workflow_type canaryRollout --workflow_id ${ROLLOUT} --input ${other}`,
    ),
  ).toBe(runId);
  expect(await operator.state(ROLLOUT)).toMatchObject({
    input: { change: { model: 'claude-3-5-haiku' } },
    startedBy: 'unnamed (started by hand)',
  });
  const second = await operator.type(
    `temporal workflow start --fail-existing --task-queue llm-optimizer --type canaryRollout --workflow-id ${ROLLOUT} --input ${other}`,
  );
  expect(second.exit).not.toBe(0);
  expect(second.text).toContain('already running');
  expect((await operator.live()).candidate?.configuration['model']).toBe('claude-3-5-haiku');
  await operator.type(ROLL_BACK);
  await operator.end(ROLLOUT, runId);
});

test('pause and resume as updates: each answers whether it was accepted', async () => {
  const { operator } = running;
  const runId = await running.soaking();
  const update = async (name: string, input: string): Promise<unknown> => {
    const { exit, text } = await operator.type(
      `temporal workflow update execute --workflow-id ${ROLLOUT} --name ${name} --input '${input}' --output json`,
    );
    expect({ exit, text }).toMatchObject({ exit: 0 });
    return (JSON.parse(text) as { readonly result: unknown }).result;
  };
  expect(await update('pause', '{"by":"ann","reason":"lunch"}')).toMatchObject({ accepted: true });
  expect(await operator.state(ROLLOUT)).toMatchObject({ paused: { by: 'ann', reason: 'lunch' } });
  expect(await update('resume', '{"by":"ann"}')).toMatchObject({ accepted: true });
  expect(await operator.state(ROLLOUT)).toMatchObject({ paused: null });
  expect(await update('resume', '{}')).toEqual({
    accepted: false,
    reason: 'by: is missing, expected text, 1 to 2000 characters',
  });
  expect(await update('rollback', '{"by":"ann","reason":"enough"}')).toMatchObject({ accepted: true });
  await operator.end(ROLLOUT, runId);
  await restored();
});
