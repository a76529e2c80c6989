/** What an experiment would do, without doing it: the same code as admission, but it takes no lease and writes nothing. */
import { Failure } from '../../src/domain/failure.ts';
import type { ExperimentPlan } from '../../src/state/experiment/index.ts';
import type { Refusal } from '../preview-rollout.ts';
import type { ActivityPorts } from '../ports.ts';
import { resolveExperiment } from './resolve.ts';

export interface ExperimentPreview {
  readonly refusals: readonly Refusal[];
  /** Null when the input cannot be resolved at all; there when it would only be refused for its size. */
  readonly plan: ExperimentPlan | null;
}

/** Names nobody: a preview holds nothing. */
const NOBODY = { workflowId: 'preview', firstRunId: 'preview', runId: 'preview' };

/** Read. Throws only when the database or the gateway cannot be asked. */
export async function previewExperiment(
  ports: ActivityPorts,
  input: Readonly<Record<string, unknown>>,
): Promise<ExperimentPreview> {
  const first = await tried(ports, input);
  if (first.plan || input['force'] === true) return first;
  const { plan } = await tried(ports, { ...input, force: true });
  return { refusals: first.refusals, plan };
}

async function tried(ports: ActivityPorts, input: unknown): Promise<ExperimentPreview> {
  try {
    const request = { input, holder: NOBODY, parentWorkflowId: null };
    return { refusals: [], plan: (await resolveExperiment(ports, request)).plan };
  } catch (error) {
    if (!(error instanceof Failure) || !error.final) throw error;
    const { type, message, problems } = error;
    const [problem] = problems;
    return { refusals: [{ ...problem, type, message }], plan: null };
  }
}
