/** The end of an experiment beside the rollout of its winner: whose rollout is followed, and whose units are counted anew. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ActivityPorts } from '../../../activities/index.ts';
import { finishExperiment } from '../../../activities/experiments/finish.ts';
import { graduationOf } from '../../../activities/experiments/graduation.ts';
import type { ExperimentRunState } from '../../../src/state/experiment/index.ts';
import { experimentAdmitted, experimentConclusion } from '../../support/experiment.ts';

const SERVICE = 'support-bot';
const holder = { workflowId: `experiment/${SERVICE}`, firstRunId: 'run', runId: 'run' };
const ROLLOUT = { workflowId: `rollout/${SERVICE}`, firstRunId: 'child', runId: 'child' };
const nothing = () => Promise.resolve();

/** What the activities need here: the lease's holder, and who started the rollout that runs. */
const portsOf = (leased: typeof holder | null, parentWorkflowId: string | null = null) => {
  const counted: string[] = [];
  const needed = {
    hash: (text: string) => createHash('sha256').update(text).digest('hex'),
    nowMs: () => 0,
    leases: {
      current: () => Promise.resolve(leased && { holder: leased, generation: 2 }),
      release: nothing,
    },
    workflows: {
      running: () => Promise.resolve({ firstRunId: 'child', parentWorkflowId }),
      endOf: () => Promise.resolve(null),
    },
    windows: {
      countUnitsAnew: ({ every }: { readonly every: string }) => Promise.resolve(counted.push(every)),
    },
    decisions: { append: nothing },
    audit: { append: nothing },
    experiments: { upsert: nothing },
    registry: { ended: nothing },
  };
  return { ports: needed as object as ActivityPorts, counted };
};

describe('the winner of an experiment, in its row and in the audit log,', () => {
  it.each([
    ['adopted', 'concise'],
    ['noDifference', null],
    ['stopped', null],
  ] as const)('of one that ended %s is %s', async (outcome, winner) => {
    const kept: { rows: unknown[]; notes: unknown[] } = { rows: [], notes: [] };
    const ports = {
      ...portsOf(null).ports,
      experiments: { upsert: (row: unknown) => Promise.resolve(void kept.rows.push(row)) },
      audit: { append: (note: unknown) => Promise.resolve(void kept.notes.push(note)) },
    } as object as ActivityPorts;
    const conclusion = experimentConclusion(outcome, 'concise');
    await finishExperiment(ports, { state: { ...experimentAdmitted(), outcome, conclusion }, holder });
    expect(kept.rows).toEqual([expect.objectContaining({ outcome, winner })]);
    expect(kept.notes).toContainEqual(
      expect.objectContaining({ action: outcome, detail: expect.objectContaining({ winner }) as unknown }),
    );
  });

  it('that a person promoted is told apart', async () => {
    const rows: { readonly state: unknown }[] = [];
    const ports = {
      ...portsOf(null).ports,
      experiments: { upsert: (row: { readonly state: unknown }) => Promise.resolve(void rows.push(row)) },
    } as object as ActivityPorts;
    const ending = { outcome: 'adopted', variant: 'concise', by: 'ann', reason: '', byHand: true } as const;
    await finishExperiment(ports, {
      state: { ...experimentAdmitted(), outcome: 'adopted', ending },
      holder,
    });
    expect(rows.map(({ state }) => state)).toEqual([expect.objectContaining({ byHand: true })]);
  });
});

describe('units are counted by the hour again', () => {
  const graduation = { workflowId: ROLLOUT.workflowId, runId: 'child' };
  it.each<readonly [string, typeof holder | null, Partial<ExperimentRunState>, readonly string[]]>([
    ['after an experiment that ends alone', holder, { outcome: 'noDifference' }, ['hour']],
    ['not when the lease is gone', null, { outcome: 'harmed' }, []],
    ['not when the rollout of its winner has it', ROLLOUT, { outcome: 'rolledBack' }, []],
    ['not when that was started', holder, { outcome: 'adopted', graduation }, []],
    ['not when somebody newer changes the service', holder, { outcome: 'superseded' }, []],
  ])('%s', async (_name, leased, different, expected) => {
    const { ports, counted } = portsOf(leased);
    await finishExperiment(ports, { state: { ...experimentAdmitted(), ...different }, holder });
    expect(counted).toEqual(expected);
  });
});

describe('a rollout that runs already when a winner is to be rolled out', () => {
  const asked = { serviceId: SERVICE, workflowId: ROLLOUT.workflowId, startedBy: holder.workflowId };

  it('is followed as the child of the run before a reset', async () => {
    expect(await graduationOf(portsOf(holder, holder.workflowId).ports, asked)).toMatchObject({
      kind: 'waits',
      runId: 'child',
    });
    expect(await graduationOf(portsOf(ROLLOUT, holder.workflowId).ports, asked)).toMatchObject({
      kind: 'taken',
      runId: 'child',
    });
  });

  it.each([null, 'cycle/support-bot'])('is left alone as a child of %s', async (parent) => {
    expect(await graduationOf(portsOf(holder, parent).ports, asked)).toMatchObject({
      kind: 'ended',
      reason: 'rollout/support-bot runs already, and experiment/support-bot did not start it',
    });
  });
});
