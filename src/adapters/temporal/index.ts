/** What the product asks of Temporal's client. */
export { createWorkflowDirectory } from './workflow-directory.ts';
