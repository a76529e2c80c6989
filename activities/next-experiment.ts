/**
 * What a cycle does when no other model is better: the next experiment with prompt or parameters, recorded as a decision. It starts nothing;
 * with the same knowledge about the same stable configuration it proposes once, and again only after `change.retryAfter`.
 */
import { canonicalJson } from '../src/decision/index.ts';
import { experimentInputSchema, type ExperimentInput } from '../src/domain/experiment.ts';
import { durationMs } from '../src/domain/duration.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import type { ConfigurationRecord, DecisionRecord } from '../src/ports/stores.ts';
import type { LearnedWhat } from '../src/strategies/learning/index.ts';
import { CODE_VERSION } from './code-version.ts';
import type { ActivityPorts } from './ports.ts';
import { proposeExperiment } from './propose-experiment.ts';

export type NextExperiment =
  | { readonly kind: 'none'; readonly reason: string }
  | {
      readonly kind: 'proposed';
      readonly what: LearnedWhat;
      readonly decisionId: string;
      readonly reason: string;
      readonly input: ExperimentInput;
    };

const STRATEGIES = { promptOptimization: 'prompts', parameterTuning: 'parameters' } as const;
const DAY_MS = 86_400_000;

/** Decide. Key: the decision's id; a second run of the same cycle finds its own decision and answers the same. */
export async function nextExperiment(
  ports: ActivityPorts,
  settings: ServiceSettings,
  stable: ConfigurationRecord,
  run: { readonly workflowId: string; readonly runId: string },
): Promise<NextExperiment> {
  const wanted = settings.strategies.flatMap((strategy) =>
    strategy === 'modelSelection' ? [] : [STRATEGIES[strategy]],
  );
  if (wanted.length === 0) return { kind: 'none', reason: '' };
  const blocked = await whatBlocksAnExperiment(ports, settings);
  if (blocked !== null) return { kind: 'none', reason: blocked };
  const reasons: string[] = [];
  for (const what of wanted) {
    const next = await propose(ports, settings, stable, run, what);
    if (next.kind === 'proposed') return next;
    reasons.push(`${what}: ${next.reason}`);
  }
  return { kind: 'none', reason: reasons.join('; ') };
}

/**
 * Spaced, and only so many a day, as rollouts are. That there is one at a time is the change lease's doing, which the cycle has looked at: the row of
 * an experiment that was terminated may never be ended.
 */
async function whatBlocksAnExperiment(
  ports: ActivityPorts,
  { serviceId, change }: ServiceSettings,
): Promise<string | null> {
  const nowMs = ports.nowMs();
  const rows = await ports.experiments.list(serviceId);
  const today = rows.filter(({ startedAtMs }) => nowMs - startedAtMs < DAY_MS).length;
  if (today >= change.maxPerDay)
    return `${today} experiments in the last 24 h, at most ${change.maxPerDay} are allowed`;
  const last = Math.max(0, ...rows.map(({ startedAtMs, endedAtMs }) => endedAtMs ?? startedAtMs));
  return nowMs - last < durationMs(change.minSpacing)
    ? `the last experiment is less than ${change.minSpacing} ago`
    : null;
}

async function propose(
  ports: ActivityPorts,
  settings: ServiceSettings,
  stable: ConfigurationRecord,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  what: LearnedWhat,
): Promise<NextExperiment> {
  const { serviceId } = settings;
  const nowMs = ports.nowMs();
  const learned = (await ports.learned.list(what, 0)).filter((each) => each.serviceId === serviceId).length;
  const waited = Math.floor((nowMs - (stable.appliedAtMs ?? 0)) / durationMs(settings.change.retryAfter));
  const decisionId = `proposal/${serviceId}/${what}/${stable.generation}/${learned}/${waited}`;
  const known = await ports.decisions.get(decisionId);
  if (known) {
    return known.runId === runId
      ? { kind: 'proposed', what, decisionId, reason: known.reason, input: inputOf(known) }
      : { kind: 'none', reason: `proposed already, as ${decisionId}` };
  }
  const seed = stable.generation * 10_000 + learned * 100 + (waited % 100);
  const proposal = await proposeExperiment(ports, { serviceId, what, seed, by: workflowId });
  if (proposal.kind === 'exhausted') return { kind: 'none', reason: proposal.reason };
  const reason = `an experiment with ${what} is worth while: ${proposal.input.reason ?? proposal.input.name}`;
  await ports.decisions.append({
    id: decisionId,
    serviceId,
    workflowId,
    runId,
    kind: 'experimentProposal',
    outcome: 'proposed',
    reason,
    detail: { ...proposal, codeVersion: CODE_VERSION },
    hash: ports.hash(canonicalJson(proposal.input)),
    atMs: nowMs,
  });
  return { kind: 'proposed', what, decisionId, reason, input: proposal.input };
}

function inputOf({ id, detail }: DecisionRecord): ExperimentInput {
  const { input } = detail as { readonly input?: unknown };
  return parseOrFail(experimentInputSchema, input, `input of ${id}`);
}
