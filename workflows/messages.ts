/**
 * Every signal, update and query of the long-lived workflows, defined once. Each message is a signal for `tctl` and, under
 * the same name, an update that answers whether it was accepted.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { MESSAGE_NAMES, type MessageName } from '../src/state/messages.ts';

export interface Answer {
  readonly accepted: boolean;
  readonly reason: string;
}

export const messageSignals = MESSAGE_NAMES.map((name) => ({ name, signal: defineSignal<[unknown]>(name) }));
export const messageUpdates = MESSAGE_NAMES.map((name) => ({
  name,
  update: defineUpdate<Answer, [unknown]>(name),
}));

/** How a change ended, as its child reports it to the workflow that started it. */
export interface ChangeEnded {
  readonly workflowId: string;
  readonly outcome: string;
  readonly reason: string;
  readonly generation: number | null;
}
export const changeEndedSignal = defineSignal<[ChangeEnded]>('changeEnded');

/** Everything a screen needs, compact. */
export const stateQuery = defineQuery<unknown>('state');
/** The log with reasons and numbers. */
export const decisionsQuery = defineQuery<unknown>('decisions');

/** A signal that changed nothing, and why: a hand-typed mistake must not vanish behind an "OK". */
export interface IgnoredMessage {
  readonly atMs: number;
  readonly name: string;
  readonly why: string;
}

export type { MessageName };
