/** Every state in which a responder may say stop, and how a service gets there. Nothing here measures. */
import { poll } from '../../../src/embedded/poll.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT } from '../../support/optimizer-lab.ts';
import type { Rule } from './fault-proxy.ts';
import { WHO, type Overrides, type Subject } from './services.ts';

export interface State {
  readonly name: string;
  readonly overrides?: Overrides;
  /** Brings the service there. Several services are brought there side by side. */
  readonly prepare: (subject: Subject) => Promise<void>;
  /** What must happen right before the message, such as waiting for a look. */
  readonly arm?: (subject: Subject) => Promise<void>;
  /** The responder's message; `rollback` to the rollout when left out. */
  readonly send?: (subject: Subject) => Promise<void>;
  /** Nothing was ever written here: it is over when the workflow has closed. */
  readonly untouched?: boolean;
}

const isWrite = (body: string, strategy: 'CANARY' | 'IMMEDIATE'): boolean =>
  body.includes(`"strategy":"${strategy}"`) && body.includes(GOOD_CANDIDATE);
const onCandidate = (fault: Rule['fault']): Rule => ({
  fault,
  matches: ({ method, body }) => method === 'PUT' && isWrite(body, 'CANARY'),
});
const onPromotion = (fault: Rule['fault']): Rule => ({
  fault,
  matches: ({ method, body }) => method === 'PUT' && isWrite(body, 'IMMEDIATE'),
});

const soaking = (steps: readonly number[], at: number) => async (subject: Subject) => {
  await subject.start(steps);
  for (const pct of steps) {
    await subject.weight(pct);
    if (pct === at) return;
    await subject.promoteFrom(pct);
  }
};

const promoted = async (subject: Subject): Promise<void> => {
  await soaking([50, 100], 100)(subject);
  await subject.promoteFrom(100);
  await subject.rollout.result();
};

const watchOf = async (subject: Subject) => {
  const { generation } = await subject.live();
  return subject.client.workflow.getHandle(`watch/${subject.serviceId}/${generation}`);
};

const restore = async ({ client, serviceId }: Subject): Promise<void> => {
  await client.workflow.start('restoreConfiguration', {
    taskQueue: TASK_QUEUE,
    workflowId: `restore/${serviceId}`,
    args: [{ serviceId, to: 'previous', ...WHO }],
  });
};

/** Feeds both arms until the state says so. */
const fedUntil = async (
  subject: Subject,
  share: number,
  isThere: (state: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> => {
  await subject.until('what the labels are to bring', async () => {
    await subject.feed({ stable: Math.round(200 * (1 - share)), candidate: Math.round(200 * share) });
    return poll(async () => isThere(await subject.state()) || undefined, { timeoutMs: 700, everyMs: 100 });
  });
};

/** How many events the history may have before the server suggests to continue as new. */
export const CONTINUE_AFTER_EVENTS = 150;

const LENIENT = {
  quality: { maxDropPct: 30 },
  errorRate: { maxRisePoints: 30 },
  latencyP95: { required: false },
} as const;

const nothingRuns: Pick<State, 'overrides' | 'prepare' | 'send'> = {
  overrides: { rollout: { watch: '1s' } },
  prepare: async (subject) => {
    await promoted(subject);
    await (await watchOf(subject)).result();
  },
  send: restore,
};

export const STATES: readonly State[] = [
  {
    name: 'awaiting approval before the start',
    overrides: { change: { approval: 'beforeStart' } },
    untouched: true,
    prepare: async (subject) => {
      await subject.start([5, 100]);
      await subject.until('awaiting approval', async () => {
        const { phase } = await subject.state();
        return phase === 'awaitingApproval';
      });
    },
  },
  {
    name: 'applying: the write hangs before the gateway',
    prepare: async (subject) => {
      subject.proxy.set(subject.serviceId, onCandidate('hold'));
      await subject.start([5, 100]);
      await subject.until('a held write', async () => subject.proxy.struck(subject.serviceId) > 0);
    },
    untouched: true,
  },
  {
    name: 'applying: written, the answer hangs',
    prepare: async (subject) => {
      subject.proxy.set(subject.serviceId, onCandidate('holdAnswer'));
      await subject.start([5, 100]);
      await subject.weight(5);
    },
  },
  {
    name: 'applying: in back-off, the gateway answers 500',
    prepare: async (subject) => {
      subject.proxy.set(subject.serviceId, onCandidate('failAfter'));
      await subject.start([5, 100]);
      await subject.until('three failures', async () => subject.proxy.struck(subject.serviceId) >= 3);
    },
  },
  ...[5, 25, 50, 100].map((at): State => ({
    name: `at ${at} %, the traffic has not moved yet`,
    prepare: soaking([5, 25, 50, 100], at),
  })),
  {
    name: 'at 5 %, soaking',
    prepare: async (subject) => {
      await soaking([5, 100], 5)(subject);
      await fedUntil(subject, 0.05, ({ soakEndsAtMs }) => typeof soakEndsAtMs === 'number');
    },
  },
  {
    name: 'in a look: its read hangs',
    prepare: soaking([5, 100], 5),
    arm: async (subject) => {
      subject.proxy.set(subject.serviceId, {
        fault: 'hold',
        matches: ({ method }) => method === 'GET',
        times: 1,
      });
      await subject.until('a look', async () => subject.proxy.struck(subject.serviceId) > 0);
    },
  },
  {
    name: 'in a look: its renewal is written, the answer hangs',
    prepare: soaking([5, 100], 5),
    arm: async (subject) => {
      subject.proxy.set(subject.serviceId, onCandidate('holdAnswer'));
      await subject.until('a look', async () => subject.proxy.struck(subject.serviceId) > 0);
    },
  },
  {
    name: 'paused',
    prepare: async (subject) => {
      await soaking([5, 25, 100], 25)(subject);
      await subject.signal('pause');
      await subject.until('a pause', async () => (await subject.state())['paused'] !== null);
    },
  },
  {
    name: 'held',
    prepare: async (subject) => {
      await soaking([5, 25, 100], 25)(subject);
      const { serviceId } = subject;
      await subject.signal('anomaly', {
        anomaly_type: 'quality_drop',
        severity: 'medium',
        affected_services: [serviceId],
      });
      await subject.until('a hold', async () => (await subject.state())['held'] !== null);
    },
  },
  {
    name: 'awaiting approval of the next step',
    overrides: { change: { approval: 'beforeLast' }, guardrails: LENIENT },
    prepare: async (subject) => {
      await subject.start([50, 100], '1s');
      await subject.weight(50);
      await fedUntil(subject, 0.5, ({ awaiting }) => typeof awaiting === 'object' && awaiting !== null);
    },
  },
  {
    name: 'promoting: written, the answer hangs',
    prepare: async (subject) => {
      subject.proxy.set(subject.serviceId, onPromotion('holdAnswer'));
      await soaking([50, 100], 100)(subject);
      await subject.promoteFrom(100);
      await subject.until('a promotion', async () => (await subject.live()).candidate === null);
    },
  },
  {
    name: 'promoting: in back-off, the gateway answers 500',
    prepare: async (subject) => {
      subject.proxy.set(subject.serviceId, onPromotion('failAfter'));
      await soaking([50, 100], 100)(subject);
      await subject.promoteFrom(100);
      await subject.until('three failures', async () => subject.proxy.struck(subject.serviceId) >= 3);
    },
  },
  {
    name: 'after the promotion: rollback to the watch',
    prepare: promoted,
    send: async (subject) => (await watchOf(subject)).signal('rollback', WHO),
  },
  { name: 'after the promotion: restoreConfiguration', prepare: promoted, send: restore },
  { name: 'restoreConfiguration over a running rollout', prepare: soaking([5, 25, 100], 25), send: restore },
  {
    name: 'continuing as new',
    overrides: { rollout: { look: '1s' } },
    prepare: soaking([5, 100], 5),
    arm: async (subject) => {
      await subject.until('a long history', async () => {
        const { historyLength } = await subject.rollout.describe();
        return historyLength >= CONTINUE_AFTER_EVENTS - 11;
      });
    },
  },
  {
    name: 'already rolling back, in back-off',
    prepare: soaking([5, 100], 5),
    arm: async (subject) => {
      const isRollback = ({ path }: { readonly path: string }) => path.endsWith('/rollback');
      subject.proxy.set(subject.serviceId, { fault: 'fail', matches: isRollback, times: 2 });
      await subject.signal('rollback');
      await subject.until('a failed rollback', async () => subject.proxy.struck(subject.serviceId) >= 1);
    },
  },
  { name: 'nothing running: restoreConfiguration', ...nothingRuns },
];

/** Those that are tried behind queued reads. */
export const BEHIND_READS: readonly State[] = [
  { name: 'at 25 %, behind 600 queued reads', prepare: soaking([5, 25, 100], 25) },
  { name: 'nothing running, behind 600 queued reads', ...nothingRuns },
];

/** What every state but the untouched ones must show before the message: something that is not the stable configuration of before, alone. */
export const isTouched = async (subject: Subject): Promise<boolean> => {
  const { candidate, stable } = await subject.live();
  return candidate !== null || stable.configuration['model'] !== INCUMBENT;
};
