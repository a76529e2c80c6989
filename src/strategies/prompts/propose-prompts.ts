/**
 * Which changes of a system prompt are worth an experiment now: generators drawn by what they have done for services of this kind, those that
 * failed here ever more rarely, each result checked. It asks for one change at a time. It draws by its seed alone and starts nothing.
 */
import { randomFromSeed, sampleBeta } from '../../math/index.ts';
import {
  dueAtMs,
  learnedFrom,
  NOTHING_LEARNED,
  type Learned,
  type LearnedOutcome,
} from '../learning/learned.ts';
import { camel, kebab } from '../learning/names.ts';
import { checkVariant } from './check-variant.ts';
import type { PromptContext, PromptGenerator } from './generator.ts';
import { GENERATORS } from './generators/index.ts';

export interface PromptQuestion extends PromptContext {
  readonly serviceId: string;
  readonly baseline: string;
  /** Whole prompts that somebody wrote: tried before everything else, in this order. */
  readonly own: readonly string[];
  /** Whole prompts that a model wrote, drawn like the results of generators. */
  readonly generated: readonly string[];
  /** Outcomes of all services for prompts; those of other kinds of task are left out here. */
  readonly learned: readonly LearnedOutcome[];
  readonly nowMs: number;
  readonly seed: number;
  /** Variants besides the control; 1 unless said otherwise. */
  readonly variants?: number;
  /** Generators that are applied one on the other in a variant; 1 (one change at a time) unless said otherwise. */
  readonly changesPerVariant?: 1 | 2;
}

export interface ProposedPrompt {
  /** Arm id of the variant, from which the origin is read back. */
  readonly id: string;
  /** What was done, in the order in which it was. */
  readonly origins: readonly string[];
  readonly text: string;
  readonly why: string;
  readonly notes: readonly string[];
  readonly learned: Learned;
}

export interface PassedOver {
  readonly origin: string;
  readonly reason: string;
}

/** `exhausted`: there is nothing left to try now; `nextMs` is when the first generator is due again, null when none ever is. */
export type PromptProposal =
  | {
      readonly kind: 'proposal';
      readonly variants: readonly ProposedPrompt[];
      readonly passedOver: readonly PassedOver[];
    }
  | {
      readonly kind: 'exhausted';
      readonly reason: string;
      readonly nextMs: number | null;
      readonly passedOver: readonly PassedOver[];
    };

/** Arms of an experiment besides the control. */
const MOST_VARIANTS = 9;

interface Candidate {
  readonly generator: PromptGenerator;
  readonly learned: Learned;
  /** Those with greater draws come first. */
  readonly draw: number;
}

/**
 * Deterministic in its arguments.
 * @throws RangeError naming `variants` (1 to 9) or `seed`.
 */
export function proposePrompts(question: PromptQuestion): PromptProposal {
  const { baseline, variants = 1, changesPerVariant = 1 } = question;
  if (!(Number.isInteger(variants) && variants >= 1 && variants <= MOST_VARIANTS)) {
    throw new RangeError(`variants must be a whole number from 1 to ${MOST_VARIANTS}, got ${variants}`);
  }
  const proposed: ProposedPrompt[] = [];
  const passedOver: PassedOver[] = [];
  const dueTimes: number[] = [];
  const due = candidates(question).filter(({ generator: { id } }) => {
    const here = ofOrigin(question, id).filter(({ serviceId }) => serviceId === question.serviceId);
    const at = dueAtMs(here);
    if (at === null || at <= question.nowMs) return true;
    dueTimes.push(at);
    passedOver.push({ origin: id, reason: `it did not help here; it is due again at ${timeOf(at)}` });
    return false;
  });
  for (const [i, { generator, learned }] of due.entries()) {
    if (proposed.length === variants) break;
    const first = generator.apply(baseline, question);
    if (first.kind === 'notApplicable') {
      passedOver.push({ origin: generator.id, reason: first.reason });
      continue;
    }
    const second = changesPerVariant === 2 ? stacked(due.slice(i + 1), first.text, question) : null;
    const origins = [generator.id, ...(second ? [second.id] : [])];
    const text = second?.text ?? first.text;
    const problem = problemOf(baseline, text, proposed);
    if (problem !== null) passedOver.push({ origin: origins.join(' and '), reason: problem });
    else {
      proposed.push({
        id: origins.map(kebab).join('-and-'),
        origins,
        text,
        why: `${generator.about}; ${knownOf(learned, question)}`,
        notes: [...first.notes, ...(second?.notes ?? [])],
        learned,
      });
    }
  }
  if (proposed.length > 0) return { kind: 'proposal', variants: proposed, passedOver };
  const nextMs = dueTimes.length === 0 ? null : Math.min(...dueTimes);
  const next = nextMs === null ? 'none is due later' : `the next one is due at ${timeOf(nextMs)}`;
  return {
    kind: 'exhausted',
    reason: `no change of this prompt is left to try now: ${next}`,
    nextMs,
    passedOver,
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function problemOf(baseline: string, text: string, proposed: readonly ProposedPrompt[]): string | null {
  const problems = checkVariant(baseline, text);
  if (problems.length > 0) return problems.join('; ');
  return proposed.some((each) => each.text === text) ? 'another one gives the same text' : null;
}

const ofOrigin = ({ learned, taskType }: PromptQuestion, origin: string): readonly LearnedOutcome[] =>
  learned.filter((each) => each.what === 'prompts' && each.taskType === taskType && each.origin === origin);

/** A text that somebody or something wrote, as a generator of its own. */
const writing = (id: string, about: string, text: string): PromptGenerator => ({
  id,
  about,
  apply: () => ({ kind: 'variant', text, notes: [] }),
});

/**
 * What people wrote first. Then Thompson sampling: each by a draw from the posterior of its chance, so that what is little known is tried too.
 * A person's prompt goes by its text, so that it is learned about apart; a model's go by one name.
 */
function candidates(question: PromptQuestion): readonly Candidate[] {
  const random = randomFromSeed(question.seed);
  const known = (id: string): Learned => {
    const outcomes = ofOrigin(question, id);
    return outcomes.length === 0 ? NOTHING_LEARNED : learnedFrom(outcomes, question.nowMs);
  };
  const own = question.own.map((text) => {
    const id = camel(`own-${mark(text)}`);
    const generator = writing(id, 'somebody wrote it for this service', text);
    return { generator, learned: known(id), draw: 1 };
  });
  const generated = question.generated.map((text) =>
    writing('generated', 'a model rewrote the prompt', text),
  );
  const drawn = [...GENERATORS, ...generated].map((generator: PromptGenerator) => {
    const learned = known(generator.id);
    return { generator, learned, draw: sampleBeta(learned.alpha, learned.beta, random) };
  });
  return [...own, ...drawn.toSorted((a, b) => b.draw - a.draw)];
}

/** FNV-1a, 32 bits: names a text among a handful, and keeps no secret. */
function mark(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

function stacked(
  further: readonly Candidate[],
  text: string,
  context: PromptContext,
): { readonly id: string; readonly text: string; readonly notes: readonly string[] } | null {
  for (const { generator } of further.filter(({ generator: { id } }) => id !== 'generated')) {
    const result = generator.apply(text, context);
    if (result.kind === 'variant') return { id: generator.id, text: result.text, notes: result.notes };
  }
  return null;
}

function knownOf({ won, lost, undecided, chance }: Learned, { taskType }: PromptQuestion): string {
  if (won + lost + undecided === 0) return `nobody has tried it for ${taskType} yet`;
  return `for ${taskType} it won ${won}, lost ${lost}, undecided ${undecided}: chance to help ${(100 * chance).toFixed(0)} %`;
}
