/** Driver for programs that read their configuration from a file, and the rule by which such a reader chooses. */
export { chooseByGeneration, chooseFromFile } from './choose.ts';
export {
  configurationFileSchema,
  readConfigurationFile,
  type ConfigurationFile,
} from './configuration-file.ts';
export { createFileOrchestrator, type FileOrchestratorOptions } from './file-orchestrator.ts';
