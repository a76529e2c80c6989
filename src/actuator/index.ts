/** The gRPC form of the configuration contract: its proto, its messages, and their REST words. */
export {
  experimentToMessage,
  liveToMessage,
  messageToLive,
  messageToProblem,
  problemToMessage,
  rollbackToWrite,
  updateToWrite,
  type ExperimentMessage,
  type LiveMessage,
  type ProblemMessage,
  type RollbackMessage,
  type UpdateRequest,
} from './messages.ts';
export { ActuatorClient, actuatorService, ERROR_DETAIL } from './service.ts';
