/** Writes down how a rollout has ended. That it could not be written decides nothing; it is kept with the ignored messages. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, RolloutSummary } from '../activities/index.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import { recordOptions } from './activity-options.ts';
import { failureReason } from './failures.ts';
import type { Inbox } from './inbox.ts';
import { summaryOf } from './rollout-summary.ts';
import { describeSelf } from './search-attributes.ts';

const record = proxyActivities<Pick<Activities, 'finishRollout'>>(recordOptions);

/** A second time when the replacement of an ended rollout was called off: what it has ended as now is written down beside what it had. */
export async function keepBooks(
  ended: RolloutState,
  holder: Parameters<Activities['finishRollout']>[0]['holder'],
  { ignored }: Inbox,
): Promise<RolloutSummary> {
  const summary = summaryOf(ended);
  const { serviceId: service, outcome: verdict } = summary;
  describeSelf({ service, kind: 'rollout', phase: 'ended', verdict });
  try {
    await record.finishRollout({ state: ended, holder });
  } catch (error) {
    ignored.push({ atMs: Date.now(), name: 'finishRollout', why: failureReason(error) });
  }
  return summary;
}
