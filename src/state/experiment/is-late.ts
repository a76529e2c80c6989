/** Whether an anomaly of the service came when the experiment had ended and its run had not: then it is the cycle's business. */
import type { Message } from '../messages.ts';
import type { ExperimentRunState } from './state.ts';

export function isLateForExperiment(
  { phase, plan }: ExperimentRunState,
  { affectedServices }: Extract<Message, { name: 'anomaly' }>,
): boolean {
  return phase === 'ended' && (affectedServices.length === 0 || affectedServices.includes(plan.serviceId));
}
