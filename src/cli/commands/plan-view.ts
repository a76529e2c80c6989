/** A previewed rollout in words and tables. Shows; decides nothing. */
import type { RolloutPreview, StepPreview } from '../../../activities/preview-rollout.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { SupportingTarget } from '../../domain/gateway-target.ts';
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { whatIsTried } from '../../domain/live-change.ts';
import type { LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import type { RolloutPlan } from '../../state/rollout/index.ts';
import { about } from '../about.ts';
import { betterOf, marginOf, unitName } from '../guardrail-words.ts';
import { table } from './answer.ts';

export function planText(serviceId: string, preview: RolloutPreview): string {
  const { live, plan, steps, refusals, proofs } = preview;
  const parts: string[] = [`Rollout of ${serviceId}: a plan; nothing was changed.`];
  if (plan) parts.push(`Change:      ${plan.summary}`);
  if (live) parts.push(`Served now:  ${servedBy(live)}`);
  if (plan) {
    parts.push(`Strategy:    ${strategyText(plan)}`);
    parts.push(
      '',
      guardrailTable(plan.guardrails),
      '',
      ...shadowPart(plan),
      stepTable(steps),
      '',
      expected(preview),
    );
    if (plan.approval !== 'none') parts.push(`Approval:    ${plan.approval}`);
    parts.push(...leaseLine(plan));
    parts.push(...listed('Proven before the promotion:', proofs?.proven ?? []));
    parts.push(...listed('NOT proven:', proofs?.notProven ?? []));
    if (plan.metrics) parts.push(`Shown only:  ${plan.metrics.map(({ name }) => name).join(', ')}`);
    if (plan.target.also) parts.push(`Targets:     ${targetsOf(plan.target.also)}`);
  }
  if (preview.ends !== null) parts.push('', `It would first end another change: ${preview.ends}`);
  if (refusals.length === 0) parts.push('', 'It would be admitted.');
  else parts.push('', 'It would be refused:', ...refusals.map((r) => `  ${r.type}  ${r.message}`));
  return parts.join('\n');
}

function strategyText({ strategy = 'canary', restsOn, forced, watchMs, steps }: RolloutPlan): string {
  const watched =
    watchMs === 0 ? 'not watched afterwards' : `watched for ${formatDuration(watchMs)} afterwards`;
  const basis = restsOn ? `; rests on ${restsOn.decisionId}` : '';
  const how = {
    canary: `in steps of ${steps.map((each) => `${each} %`).join(', ')}`,
    blueGreen: 'one switch to 100 %, the stable one kept beside it for an instant way back, then promoted',
    immediate: 'written, read back and promoted at once',
  }[strategy];
  return `${strategy}: ${how}; ${watched}${basis}${forced === true ? '; forced' : ''}`;
}

const listed = (head: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', head, ...lines.map((line) => `  - ${line}`)];

/** Nothing where the gateway keeps its leases itself. */
function leaseLine({ leasedBy, target }: RolloutPlan): readonly string[] {
  if (leasedBy === 'unleased') {
    return [
      'Lease:       unleased, as accepted: nothing takes the candidate away when the optimizer is gone',
    ];
  }
  if (leasedBy === 'watchdog')
    return [`Lease:       kept by the watchdog at ${target.watchdog ?? '(none named)'}`];
  return [];
}

/** What a gateway serves, in one line. */
export function servedBy(live: LiveConfiguration): string {
  const model = live.stable.configuration['model'] ?? 'unknown';
  const experiment = live.experiment ? `, ${whatIsTried(live) ?? ''}` : ', no candidate';
  const beside = live.candidate
    ? `, beside it ${live.candidate.configuration['model'] ?? 'unknown'} ${live.copy_pct === undefined ? `at ${live.weight_pct} %` : `in a shadow of ${live.copy_pct} %`}`
    : experiment;
  return `${model}${beside} (generation ${live.generation}, revision ${live.revision})`;
}

/** In the order in which the change is applied. */
function targetsOf(also: readonly SupportingTarget[]): string {
  const named = also.map(({ name, driver, keys }) => `${name} (${driver}): ${keys.join(', ')}`);
  return [...named, 'then the route: everything else'].join('; ');
}

function guardrailTable(guardrails: readonly GuardrailSpec[]): string {
  return table(
    ['guardrail', 'margin', 'counted in', 'better', 'decides'],
    guardrails.map((spec) => [
      spec.id,
      marginOf(spec),
      unitName(spec),
      betterOf(spec),
      spec.required ? 'yes' : 'no, shown only',
    ]),
  );
}

/** The shadow before the first step; nothing where there is none. */
function shadowPart({ shadow }: RolloutPlan): readonly string[] {
  if (!shadow) return [];
  const { needed, perHour, expectedMs } = shadow.pairs;
  const takes =
    needed === null || expectedMs === null
      ? 'how many pairs it takes cannot be told, a base rate is unknown'
      : `about ${count(needed)} pairs (at least ${count(shadow.minPairs)}), ${count(perHour)} an hour come: some ${about(expectedMs)}`;
  const quality = shadow.judged ? 'quality as a judge prefers' : 'quality as graded';
  const most = shadow.maxCopies === null ? '' : `, at most ${count(shadow.maxCopies)}`;
  const after = shadow.only ? 'nothing: it ends without a live per cent' : 'the steps below';
  return [
    `Shadow:      copies of ${shadow.copyPct} % of the requests, judged in pairs (${quality}); nobody is served the candidate`,
    `             ${takes}${most}; then ${after}`,
    '',
  ];
}

function stepTable(steps: readonly StepPreview[]): string {
  return table(
    ['step', 'must be ruled out', 'labels (candidate)', 'labels (both arms)', 'at least'],
    steps.map((step) => [
      `${step.weightPct} %`,
      ruledOut(step),
      count(step.candidateLabels),
      count(step.totalLabels),
      step.expectedMs === null ? 'unknown' : about(step.expectedMs),
    ]),
  );
}

function ruledOut({ rulesOut, totalLabels }: StepPreview): string {
  const required = rulesOut.filter((each) => each.required);
  if (rulesOut.length > 0) return required.map(({ guardrail, loss }) => `${guardrail}: ${loss}`).join('\n');
  return totalLabels === 0 ? 'nothing' : 'a broken absolute limit';
}

function expected({ plan }: RolloutPreview): string {
  if (!plan) return '';
  const { needed, perHour, expectedMs } = plan.labels;
  if (plan.strategy === 'immediate') return 'Expected:    at once, no label is waited for';
  const yields = `${count(perHour)} labels an hour arrive`;
  if (needed === null || expectedMs === null) {
    return `Expected:    cannot be told, a base rate is unknown; ${yields}`;
  }
  const limit = `at most ${formatDuration(plan.maxRolloutMs)}`;
  const where = plan.steps.some((each) => each < 100) ? 'before 100 %' : 'of the candidate at 100 %';
  return `Expected:    about ${count(needed)} labels ${where}; ${yields}: some ${about(expectedMs)} (${limit})`;
}

const count = (value: number | null): string => (value === null ? 'unknown' : value.toLocaleString('en'));
