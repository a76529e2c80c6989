/**
 * Registers the handlers of a long-lived workflow. Handlers are synchronous and never throw: what cannot be read, and
 * every signal of an unknown name, is kept in `ignored` and changes nothing.
 */
import { setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { describeProblem } from '../src/domain/failure.ts';
import { MESSAGE_NAMES, readMessage, type Message } from '../src/state/messages.ts';
import {
  messageSignals,
  messageUpdates,
  type Answer,
  type IgnoredMessage,
  type MessageName,
} from './messages.ts';

const IGNORED_KEPT = 20;

export interface Inbox {
  readonly ignored: IgnoredMessage[];
}

/**
 * Messages that wait already (sent before a run continued as new) are delivered before this returns: whatever `receive` touches must be there.
 *
 * @param receive what the workflow does with a message that could be read
 * @param inbox where ignored messages go, with those of before continue-as-new
 */
export function openInbox(receive: (message: Message) => Answer, inbox: Inbox = { ignored: [] }): Inbox {
  const { ignored } = inbox;

  const ignore = (name: string, why: string): Answer => {
    ignored.push({ atMs: Date.now(), name, why });
    ignored.splice(0, ignored.length - IGNORED_KEPT);
    return { accepted: false, reason: why };
  };

  const deliver = (name: MessageName, payload: unknown): Answer => {
    const read = readMessage(name, payload);
    if (!read.ok) return ignore(name, read.problems.map(describeProblem).join('; '));
    const answer = receive(read.message);
    return answer.accepted ? answer : ignore(name, answer.reason);
  };

  for (const { name, signal } of messageSignals) {
    setHandler(signal, (payload) => {
      deliver(name, payload);
    });
  }
  for (const { name, update } of messageUpdates) {
    setHandler(update, (payload) => deliver(name, payload));
  }
  setDefaultSignalHandler((name) => {
    ignore(name, `no such signal; known are ${MESSAGE_NAMES.join(', ')}`);
  });
  return inbox;
}
