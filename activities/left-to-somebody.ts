/**
 * What a change of ours has left at the gateway because somebody had changed it by hand. Its configuration is recorded, and yet it is
 * theirs: what becomes of it is for a person to say.
 */
import type { ConfigurationRecord } from '../src/ports/stores.ts';
import type { ActivityPorts } from './ports.ts';

/** How many of a service's newest experiments are searched. */
const SEARCHED = 5;

/** Why the rollout of this candidate has left it as it found it; null when it has not. What died without ending itself is nobody's. */
export async function whyCandidateWasLeft(
  { decisions }: Pick<ActivityPorts, 'decisions'>,
  { source, generation, status }: Pick<ConfigurationRecord, 'source' | 'generation' | 'status'>,
): Promise<string | null> {
  return status === 'superseded' ? whyLeft(decisions, source, generation) : null;
}

/** The same of the arms of an experiment. */
export async function whyArmsWereLeft(
  { decisions, experiments }: Pick<ActivityPorts, 'decisions' | 'experiments'>,
  serviceId: string,
  generation: number,
): Promise<string | null> {
  const row = (await experiments.list(serviceId, SEARCHED)).find((each) => each.generation === generation);
  return row ? whyLeft(decisions, row.workflowId, generation) : null;
}

async function whyLeft(
  decisions: ActivityPorts['decisions'],
  workflowId: string,
  generation: number,
): Promise<string | null> {
  const end = await decisions.get(`${workflowId}/${generation}/ended`);
  return end?.outcome === 'superseded' ? end.reason : null;
}
