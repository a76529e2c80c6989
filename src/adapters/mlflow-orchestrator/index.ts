/** Driver for the MLflow AI gateway. */
export { createMlflowOrchestrator, createMlflowProduct, type MlflowOptions } from './mlflow-orchestrator.ts';
