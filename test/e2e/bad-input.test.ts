// What an operator gets wrong, typed with the real `tctl`: every problem is said by field, and nothing changes at the gateway.
import { Connection } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import { ROLL_BACK, ROLLOUT, START_ROLLOUT, useProgram } from './program.ts';

/**
 * Nobody looks while operators type, however slowly: the candidate of the documentation is one that looks would take back by themselves after
 * some minutes.
 */
const running = useProgram(12, { rollout: { look: '10m', lease: '30m' } });

const pair = ({ generation, revision, stable, candidate }: LiveConfiguration) => ({
  generation,
  revision,
  stable,
  candidate,
});

const start = (input: string): string =>
  `tctl workflow start --taskqueue llm-optimizer --workflow_type canaryRollout --workflow_id ${ROLLOUT} ${input}`;
const change = '"change":{"model":"claude-3-5-haiku"}';

describe('A start of canaryRollout ends at once', () => {
  test.each([
    ['with no input', '', 'InvalidInput', ['(input): is missing']],
    ['with a field missing', `--input '{"serviceId":"support-bot"}'`, 'InvalidInput', ['change: is missing']],
    [
      'with both fields missing, a negative weight, steps that do not rise and an unknown key',
      `--input '{"steps":[-5,25,20,100],"sook":"15m"}'`,
      'InvalidInput',
      ['serviceId: is missing', 'change: is missing', 'steps[0]: -5', 'steps[2]: 20', 'sook: "15m"'],
    ],
    [
      'with an unknown service',
      `--input '{"serviceId":"nobody",${change}}'`,
      'UnknownService',
      ['serviceId: "nobody" is given, expected one of: support-bot'],
    ],
    [
      'with a model that the gateway does not have',
      `--input '{"serviceId":"support-bot","change":{"model":"no-such-model"}}'`,
      'InvalidInput',
      ['no-such-model'],
    ],
    ['with a list instead of an object', `--input '[1]'`, 'InvalidInput', ['(input): [1] is given']],
  ])('%s, with every problem by field', async (_name, input, type, problems) => {
    const { operator } = running;
    const before = pair(await operator.live());
    const { status, failure } = await operator.end(ROLLOUT, await operator.start(start(input)));
    expect(status).toBe('FAILED');
    expect(failure?.type).toBe(type);
    for (const problem of problems) expect(failure?.message).toContain(problem);
    expect(pair(await operator.live())).toEqual(before);
  });
});

test.each([
  ['a mistyped type', 'canaryRolout', ROLLOUT, '{"serviceId":"support-bot","change":{"model":"x"}}'],
  [
    'a type in the wrong case',
    'AbExperiment',
    'experiment/support-bot',
    '{"serviceId":"support-bot","name":"concise","variants":[{"id":"control"},{"id":"concise","change":{"systemPrompt":"..."}}]}',
  ],
])('A start of %s: ends at once with the known types', async (_name, type, workflowId, input) => {
  const { operator } = running;
  const before = pair(await operator.live());
  const runId = await operator.start(
    `tctl workflow start --taskqueue llm-optimizer --workflow_type ${type} --workflow_id ${workflowId} --input '${input}'`,
  );
  const { status, failure } = await operator.end(workflowId, runId);
  expect({ status, type: failure?.type }).toEqual({ status: 'FAILED', type: 'InvalidInput' });
  expect(failure?.message).toContain(`"${type}" is given, expected one of optimizationCycle, canaryRollout`);
  expect(pair(await operator.live())).toEqual(before);
});

test.each([
  [
    'restoreConfiguration',
    'restore/support-bot',
    '{"serviceId":"support-bot","to":"yesterday"}',
    ['to: ', 'by: ', 'reason: '],
  ],
  [
    'optimizationCycle',
    // Not the service's own: a cycle may be running there, and a second start is answered with the one that stands.
    'cycle/mistyped',
    '{"service":"support-bot"}',
    ['serviceId: is missing', 'service: "support-bot"'],
  ],
])(
  'A start of %s with wrong fields: ends at once, each by name',
  async (type, workflowId, input, problems) => {
    const { operator } = running;
    const before = pair(await operator.live());
    const runId = await operator.start(
      `tctl workflow start --taskqueue llm-optimizer --workflow_type ${type} --workflow_id ${workflowId} --input '${input}'`,
    );
    const { status, failure } = await operator.end(workflowId, runId);
    expect({ status, type: failure?.type }).toEqual({ status: 'FAILED', type: 'InvalidInput' });
    for (const problem of problems) expect(failure?.message).toContain(problem);
    expect(pair(await operator.live())).toEqual(before);
  },
);

test('Malformed JSON: tctl refuses it, and what another client sends all the same ends at once', async () => {
  const { operator } = running;
  const before = pair(await operator.live());
  const refused = await operator.type(start(`--input '{"serviceId":"supp'`));
  expect(refused.exit).not.toBe(0);
  expect(refused.text).toContain('not valid JSON');

  const runId = await sendRaw(({ workflowService }, namespace) =>
    workflowService
      .startWorkflowExecution({
        namespace,
        workflowId: ROLLOUT,
        requestId: 'malformed',
        workflowType: { name: 'canaryRollout' },
        taskQueue: { name: 'llm-optimizer' },
        input: MALFORMED,
      })
      .then((answer) => answer.runId),
  );
  const { status, failure } = await operator.end(ROLLOUT, runId);
  expect({ status, type: failure?.type }).toEqual({ status: 'FAILED', type: 'InvalidInput' });
  expect(failure?.message).toContain(
    '(input): "{\\"serviceId\\":\\"supp" is given, expected well-formed JSON',
  );
  expect(pair(await operator.live())).toEqual(before);
});

test('Signals that cannot be read: the rollout goes on, and its state says what was wrong with each', async () => {
  const { operator } = running;
  const runId = await running.soaking();
  const before = await operator.live();
  const signal = (name: string, input: string) =>
    operator.type(`tctl workflow signal --workflow_id ${ROLLOUT} --name ${name} ${input}`);
  expect(await signal('rolback', `--input '{"by":"oncall","reason":"complaints"}'`)).toMatchObject({
    exit: 0,
  });
  expect(await signal('rollback', '')).toMatchObject({ exit: 0 });
  expect(await signal('rollback', `--input '{"by":""}'`)).toMatchObject({ exit: 0 });
  expect((await signal('rollback', `--input '{"by":"onc'`)).exit).not.toBe(0);
  await sendRaw(({ workflowService }, namespace) =>
    workflowService
      .signalWorkflowExecution({
        namespace,
        workflowExecution: { workflowId: ROLLOUT },
        signalName: 'rollback',
        input: MALFORMED,
      })
      .then(() => ''),
  );
  const unknownEncoding = `temporal workflow signal --workflow-id ${ROLLOUT} --name rollback --input-meta encoding=no/such --input '{"by":"oncall","reason":"complaints"}'`;
  expect(await operator.type(unknownEncoding)).toMatchObject({ exit: 0 });
  const { ignored, phase } = await operator.stateWhen(ROLLOUT, (state) => state.ignored.length === 5);
  expect(phase).toBe('soaking');
  expect(ignored.map(({ name, why }) => `${name}: ${why}`)).toEqual([
    expect.stringMatching(/^rolback: no such signal; known are rollback, approve/u),
    expect.stringMatching(/^rollback: \(input\): is missing, expected one JSON object/u),
    expect.stringMatching(/^rollback: by: "" is given.*; reason: is missing/u),
    expect.stringMatching(/^rollback: .*expected well-formed JSON/u),
    expect.stringMatching(/^rollback: .*expected well-formed JSON/u),
  ]);
  const after = await operator.live();
  expect({ ...pair(after), revision: 0 }).toEqual({ ...pair(before), revision: 0 });
  await operator.type(ROLL_BACK);
  expect(await operator.end(ROLLOUT, runId)).toMatchObject({ result: { outcome: 'rolledBack' } });
});

test('After all of this the documented start is still admitted', async () => {
  const { operator } = running;
  const runId = await operator.start(START_ROLLOUT);
  await operator.stateWhen(ROLLOUT, ({ phase }) => phase === 'soaking');
  await operator.type(ROLL_BACK);
  expect(await operator.end(ROLLOUT, runId)).toMatchObject({ result: { outcome: 'rolledBack' } });
});

const MALFORMED = {
  payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"serviceId":"supp') }],
};

/** A client that does not look at what it sends. */
async function sendRaw(
  send: (connection: Connection, namespace: string) => Promise<string>,
): Promise<string> {
  const { address, namespace } = running.ready;
  const connection = await Connection.connect({ address });
  try {
    return await send(connection, namespace);
  } finally {
    await connection.close();
  }
}
