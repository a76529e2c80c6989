/** What the product asks of Temporal's client. */
export { createAnomalySender } from './anomaly-sender.ts';
export { createWorkflowDirectory } from './workflow-directory.ts';
