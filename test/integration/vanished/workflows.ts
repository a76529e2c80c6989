/** The product's workflows, and a parent that holds a service and hands it to a rollout: an experiment that graduates. */
import { condition, continueAsNew, defineSignal, setHandler, startChild } from '@temporalio/workflow';
import type { LeaseHolder } from '../../../src/ports/stores.ts';

export {
  canaryRollout,
  default,
  fleetSweep,
  optimizationCycle,
  promotionWatch,
  restoreConfiguration,
} from '../../../workflows/index.ts';

export const handOver = defineSignal<[unknown]>('handOver');

/** Waits, starts the rollout as an abandoned child, and ends, or goes on as new and waits for ever. */
export async function holdingParent(
  after: 'ends' | 'goesOnAsNew',
  goneOn = false,
): Promise<LeaseHolder | null> {
  let input: unknown;
  setHandler(handOver, (given) => {
    input = given;
  });
  await condition(() => input !== undefined && !goneOn);
  const { serviceId } = input as { readonly serviceId: string };
  await startChild('canaryRollout', {
    workflowId: `rollout/${serviceId}`,
    parentClosePolicy: 'ABANDON',
    args: [input],
  });
  return after === 'ends' ? null : continueAsNew<typeof holdingParent>(after, true);
}
