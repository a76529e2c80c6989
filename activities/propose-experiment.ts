/**
 * What a service could try next in its prompt or its parameters, as the input of an experiment. Reads the store, asks the gateway whether it takes
 * the variants and, where the service names one, a model to rewrite the prompt. Changes and starts nothing.
 */
import { applyChange, type Change } from '../src/domain/change.ts';
import type { ExperimentInput } from '../src/domain/experiment.ts';
import { Failure } from '../src/domain/failure.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import type { TokenCount } from '../src/ports/tokens.ts';
import type { ConfigurationRecord } from '../src/ports/stores.ts';
import { parameterExperiment, promptExperiment } from '../src/strategies/index.ts';
import type { LearnedOutcome, LearnedWhat } from '../src/strategies/learning/index.ts';
import { proposeParameters } from '../src/strategies/parameters/index.ts';
import { proposePrompts, type PassedOver } from '../src/strategies/prompts/index.ts';
import { adoptedService } from './adopted-service.ts';
import type { ActivityPorts } from './ports.ts';

export interface ProposalRequest {
  readonly serviceId: string;
  readonly what: LearnedWhat;
  /** The same seed and the same knowledge propose the same. */
  readonly seed: number;
  /** Of prompts: how many at once; 1 unless said otherwise. */
  readonly variants?: number;
  readonly by?: string;
}

/** One variant with its reason; `tokens` of its system prompt, null for parameters. */
export interface VariantProposal {
  readonly id: string;
  readonly change: Change;
  readonly why: string;
  readonly notes: readonly string[];
  readonly tokens: TokenCount | null;
}

interface Proposed {
  readonly serviceId: string;
  readonly what: LearnedWhat;
  readonly seed: number;
  /** Of the system prompt that is served now; null where there is none. */
  readonly baselineTokens: TokenCount | null;
  readonly passedOver: readonly PassedOver[];
}

export type ExperimentProposal =
  | (Proposed & {
      readonly kind: 'proposal';
      readonly input: ExperimentInput;
      readonly variants: readonly VariantProposal[];
    })
  | (Proposed & { readonly kind: 'exhausted'; readonly reason: string; readonly nextMs: number | null });

/** Faded so far that they count for nothing. */
const REMEMBERED_MS = 3 * 365 * 86_400_000;

interface Question {
  readonly ports: ActivityPorts;
  readonly request: ProposalRequest;
  readonly settings: ServiceSettings;
  readonly stable: ConfigurationRecord;
  readonly learned: readonly LearnedOutcome[];
  readonly nowMs: number;
}

/** @throws Failure UnknownService, InvalidInput (no stable configuration), or what store and gateway throw. */
export async function proposeExperiment(
  ports: ActivityPorts,
  request: ProposalRequest,
): Promise<ExperimentProposal> {
  const { settings } = await adoptedService(ports, request.serviceId);
  const stable = await ports.configurations.stable(request.serviceId);
  if (!stable) throw new Failure('InvalidInput', `${request.serviceId}: no stable configuration is recorded`);
  const nowMs = ports.nowMs();
  const learned = await ports.learned.list(request.what, nowMs - REMEMBERED_MS);
  const question: Question = { ports, request, settings, stable, learned, nowMs };
  return request.what === 'prompts' ? ofPrompts(question) : ofParameters(question);
}

async function ofPrompts(question: Question): Promise<ExperimentProposal> {
  const { ports, request, settings, stable, learned, nowMs } = question;
  const baseline = stable.body['system_prompt'] ?? '';
  const model = stable.body['model'] ?? '';
  const { taskType, examples, generator, untriedPct } = settings.tuning;
  const written = generator ? await ports.promptWriter.write({ ...generator, baseline, taskType }) : null;
  const proposal = proposePrompts({
    serviceId: request.serviceId,
    taskType,
    baseline,
    examples,
    own: settings.candidates.prompts,
    generated: written?.kind === 'written' ? [written.text] : [],
    learned,
    nowMs,
    seed: request.seed,
    ...(request.variants !== undefined && { variants: request.variants }),
  });
  const refused =
    proposal.kind === 'proposal'
      ? await problemsOf(
          question,
          proposal.variants.map(({ id, text }) => ({ id, change: { systemPrompt: text } })),
        )
      : [];
  const common = {
    serviceId: request.serviceId,
    what: request.what,
    seed: request.seed,
    baselineTokens: baseline === '' ? null : await ports.tokens.count(baseline, model),
    passedOver: [
      ...proposal.passedOver,
      ...(written?.kind === 'none' ? [{ origin: 'generated', reason: written.why }] : []),
      ...refused,
    ],
  };
  if (proposal.kind === 'exhausted') {
    const reason = baseline === '' ? 'the service has no system prompt' : proposal.reason;
    return { ...common, kind: 'exhausted', reason, nextMs: proposal.nextMs };
  }
  const left = proposal.variants.filter(({ id }) => !refused.some(({ origin }) => origin === id));
  if (left.length === 0)
    return { ...common, kind: 'exhausted', reason: 'the gateway takes none of them', nextMs: null };
  const variants = await Promise.all(
    left.map(async ({ id, text, why, notes }) => ({
      id,
      change: { systemPrompt: text },
      why,
      notes,
      tokens: await ports.tokens.count(text, model),
    })),
  );
  const input = promptExperiment(
    { ...askedBy(request), taskType, untriedPct },
    { ...proposal, variants: left },
  );
  return { ...common, kind: 'proposal', input, variants };
}

async function ofParameters(question: Question): Promise<ExperimentProposal> {
  const { request, settings, stable, learned, nowMs } = question;
  const { taskType, mode, untriedPct } = settings.tuning;
  const proposal = proposeParameters({
    serviceId: request.serviceId,
    taskType,
    mode,
    ranges: settings.candidates.parameters,
    current: stable.body,
    untriedPct,
    learned,
    nowMs,
    seed: request.seed,
  });
  const common = {
    serviceId: request.serviceId,
    what: request.what,
    seed: request.seed,
    baselineTokens: null,
  };
  if (proposal.kind === 'exhausted') return { ...common, ...proposal, passedOver: [] };
  const passedOver = await problemsOf(question, proposal.settings);
  // One setting that the gateway refuses speaks against the range that it comes from, so none of them is tried.
  if (passedOver.length > 0) {
    return {
      ...common,
      kind: 'exhausted',
      reason: 'the gateway does not take settings from these ranges',
      nextMs: null,
      passedOver,
    };
  }
  const variants = proposal.settings.map(({ id, change, why }) => ({
    id,
    change,
    why,
    notes: [],
    tokens: null,
  }));
  const costDecides = settings.guardrails.cost.required;
  const input = parameterExperiment({ ...askedBy(request), taskType, untriedPct, costDecides }, proposal);
  return { ...common, kind: 'proposal', input, variants, passedOver };
}

const askedBy = ({ serviceId, seed, by }: ProposalRequest) => ({
  serviceId,
  mark: Math.abs(seed),
  ...(by !== undefined && { by }),
});

/** What the gateway says against variants, by their ids. */
async function problemsOf(
  { ports, request, settings, stable }: Question,
  variants: readonly { readonly id: string; readonly change: Change }[],
): Promise<readonly PassedOver[]> {
  const orchestrator = ports.orchestratorFor(gatewayTargetOf(settings));
  const found: PassedOver[] = [];
  for (const { id, change } of variants) {
    const problems = await orchestrator.validate(request.serviceId, applyChange(stable.body, change));
    if (problems.length > 0) {
      const told = problems.map(
        ({ field, value, expected }) => `${field} ${JSON.stringify(value)}: expected ${expected}`,
      );
      found.push({ origin: id, reason: `the gateway does not take it: ${told.join('; ')}` });
    }
  }
  return found;
}
