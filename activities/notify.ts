/** Tells people what happened to a change. */
import type { Notice, Notify } from '../src/domain/notice.ts';
import type { ActivityPorts } from './ports.ts';

export interface NotifyRequest {
  readonly notify: Notify;
  readonly notice: Notice;
}

/**
 * Record. Key: the notice's id; a second run sends it again under the same id. One address that does not take it does not keep the others
 * from it; then all are tried again. Its failure never decides a rollout.
 */
export async function notify(
  ports: Pick<ActivityPorts, 'notifier'>,
  { notify: asked, notice }: NotifyRequest,
): Promise<void> {
  const wanted = asked.filter(({ on }) => on.includes(notice.kind));
  const sent = await Promise.allSettled(wanted.map(({ webhook }) => ports.notifier.send(webhook, notice)));
  const failed = sent.filter((each) => each.status === 'rejected');
  if (failed.length > 0)
    throw new AggregateError(
      failed.map(({ reason }) => reason as unknown),
      reasonsOf(failed),
    );
}

const reasonsOf = (failed: readonly PromiseRejectedResult[]): string =>
  failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
