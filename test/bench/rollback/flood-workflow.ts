/** Fills a task queue with reads: `count` looks at once, each of a gateway that never answers. Runs until it is terminated. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../../activities/index.ts';

export async function floodWithLooks(input: {
  readonly taskQueue: string;
  readonly count: number;
  readonly request: Parameters<Activities['look']>[0];
}): Promise<void> {
  const { look } = proxyActivities<Pick<Activities, 'look'>>({
    taskQueue: input.taskQueue,
    startToCloseTimeout: '30s',
    retry: { initialInterval: '100ms', maximumInterval: '100ms' },
  });
  await Promise.allSettled(Array.from({ length: input.count }, () => look(input.request)));
}
