/** Tells the workflow that started this one how it ended. A parent that is gone or deaf changes nothing. */
import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { changeEndedSignal, type ChangeEnded } from './messages.ts';

export async function reportToParent(ended: Omit<ChangeEnded, 'workflowId'>): Promise<void> {
  const { parent, workflowId } = workflowInfo();
  if (!parent) return;
  try {
    await getExternalWorkflowHandle(parent.workflowId).signal(changeEndedSignal, { ...ended, workflowId });
  } catch {
    // The parent has closed: the result is in the store and in this workflow's own history.
  }
}
