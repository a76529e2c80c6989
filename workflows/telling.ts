/**
 * What a change sends beside its own work: notices to people, and cycles that an anomaly asked for. Nothing waits for it but the end of
 * the run, and its failure decides nothing.
 */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { anomalyPayload, type Message } from '../src/state/messages.ts';
import type { Notice, Notify } from '../src/domain/notice.ts';
import { notifyOptions } from './activity-options.ts';
import { failureReason } from './failures.ts';
import type { Inbox } from './inbox.ts';

const { notify, startCycle, tellCycle } =
  proxyActivities<Pick<Activities, 'notify' | 'startCycle' | 'tellCycle'>>(notifyOptions);

/** A change's state, as far as it is read here. */
interface Told {
  readonly plan: { readonly serviceId: string; readonly notify?: Notify };
}

/** What a kind of change has to say. `N` is a notice without whom and where. */
export interface Voice<S extends Told, N> {
  readonly notices: (before: S | null, after: S) => readonly N[];
  readonly noticeOf: (state: S, told: N, workflowId: string, atMs: number) => Notice;
  readonly asksForCycle: (before: S | null, after: S) => boolean;
}

export interface Telling<S extends Told> {
  /** Takes note of what a change of state has to say. Sent by the loop, not by a message's handler. */
  noteFor(before: S | null, after: S): void;
  /** Sends what was noted. */
  tell(state: S): void;
  /** An anomaly that came when the change had ended already: it is the cycle's business. */
  noteLate(anomaly: Extract<Message, { name: 'anomaly' }>): void;
  /** Waits until all of it has been sent, or given up. */
  settled(state: S): Promise<void>;
}

/** @param inbox where what could not be sent is shown */
export function openTelling<S extends Told, N>(inbox: Inbox, voice: Voice<S, N>): Telling<S> {
  const toTell: N[] = [];
  const telling = new Set<Promise<void>>();
  const late: Extract<Message, { name: 'anomaly' }>[] = [];
  let asksCycle = false;

  const beside = (name: string, work: Promise<unknown>): void => {
    const sending: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => {
          inbox.ignored.push({ atMs: Date.now(), name, why: failureReason(error) });
        },
      )
      .finally(() => telling.delete(sending));
    telling.add(sending);
  };

  return {
    noteFor: (before, after) => {
      if (after.plan.notify && before !== after) toTell.push(...voice.notices(before, after));
      if (voice.asksForCycle(before, after)) asksCycle = true;
    },
    tell: (state) => {
      if (asksCycle) beside('startCycle', startCycle({ serviceId: state.plan.serviceId }));
      asksCycle = false;
      for (const told of toTell.splice(0)) {
        const notice = voice.noticeOf(state, told, workflowInfo().workflowId, Date.now());
        beside('notify', notify({ notify: state.plan.notify ?? [], notice }));
      }
    },
    noteLate: (anomaly) => {
      late.push(anomaly);
    },
    settled: async ({ plan: { serviceId } }) => {
      do {
        for (const message of late.splice(0))
          beside('tellCycle', tellCycle({ serviceId, anomaly: anomalyPayload(message) }));
        await Promise.all(telling);
      } while (late.length > 0);
    },
  };
}
