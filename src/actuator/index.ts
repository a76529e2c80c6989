/** The gRPC form of the configuration contract: its proto, its messages, and their REST words. */
export {
  liveToMessage,
  messageToLive,
  messageToProblem,
  problemToMessage,
  rollbackToWrite,
  updateToWrite,
  type LiveMessage,
  type ProblemMessage,
  type RollbackMessage,
  type UpdateRequest,
} from './messages.ts';
export { ActuatorClient, actuatorService, ERROR_DETAIL } from './service.ts';
