/**
 * What runs when somebody starts a workflow type that does not exist: it ends at once and lists those that do.
 * Otherwise a mistyped name would hold its workflow id for ever, retrying a task that cannot succeed.
 */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';

export const WORKFLOW_TYPES = [
  'optimizationCycle',
  'canaryRollout',
  'abExperiment',
  'restoreConfiguration',
  'promotionWatch',
  'fleetSweep',
  'maintenance',
] as const;

export async function unknownType(): Promise<never> {
  throw ApplicationFailure.nonRetryable(
    `workflow type: "${workflowInfo().workflowType}" is given, expected one of ${WORKFLOW_TYPES.join(', ')}`,
    'InvalidInput',
  );
}
