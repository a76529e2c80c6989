/**
 * The models that were recorded: exact names, who serves them, and their size class, which says whose recorded
 * latencies they get. Resolves names as people type them.
 */
import { closest } from './closest.ts';

/** `frontier` draws latencies from the recorded 70b endpoint, `small` from the 7b one (`data/README.md`). */
export type SizeClass = 'frontier' | 'small';

interface RecordedModel {
  readonly name: string;
  readonly system: string;
  readonly size: SizeClass;
}

const MODELS: readonly RecordedModel[] = [
  { name: 'Llama-3.1-405B-Inst@sambanova', system: 'sambanova', size: 'frontier' },
  { name: 'Meta-Llama-3-70B-Instruct', system: 'together_ai', size: 'frontier' },
  { name: 'Meta-Llama-3-8B-Instruct', system: 'together_ai', size: 'small' },
  { name: 'Meta-Llama-3.1-70B-Instruct', system: 'together_ai', size: 'frontier' },
  { name: 'Meta-Llama-3.1-8B-Instruct', system: 'together_ai', size: 'small' },
  { name: 'Mistral-Large-2', system: 'mistral_ai', size: 'frontier' },
  { name: 'Qwen2-72B-Instruct', system: 'together_ai', size: 'frontier' },
  { name: 'Qwen2-7B-Instruct', system: 'together_ai', size: 'small' },
  { name: 'claude-3-5-haiku-20241022', system: 'anthropic', size: 'small' },
  { name: 'claude-3-5-sonnet-20240620', system: 'anthropic', size: 'frontier' },
  { name: 'claude-3-5-sonnet-20241022', system: 'anthropic', size: 'frontier' },
  { name: 'claude-3-haiku-20240307', system: 'anthropic', size: 'small' },
  { name: 'claude-3-opus-20240229', system: 'anthropic', size: 'frontier' },
  { name: 'deepseek-v2.5-0908', system: 'deepseek', size: 'frontier' },
  { name: 'gemini-1.5-flash', system: 'gcp.gemini', size: 'small' },
  { name: 'gemini-1.5-pro', system: 'gcp.gemini', size: 'frontier' },
  { name: 'gemma-2-9b-it', system: 'together_ai', size: 'small' },
  { name: 'gpt-3.5-turbo-0125', system: 'openai', size: 'small' },
  { name: 'gpt-4o-2024-05-13', system: 'openai', size: 'frontier' },
  { name: 'gpt-4o-2024-08-06', system: 'openai', size: 'frontier' },
  { name: 'gpt-4o-mini-2024-07-18', system: 'openai', size: 'small' },
];

const DATE = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$/u;
const BY_NAME = new Map(MODELS.map((model) => [model.name, model]));
/** Names without their date; of several dates the newest one stays, because the list is in the order of names. */
const BY_ALIAS = new Map(MODELS.map((model) => [model.name.replace(DATE, ''), model]));

export const RECORDED_MODELS: readonly string[] = MODELS.map(({ name }) => name);

/** The recorded model of this exact name, or of this name without a date (the newest one); undefined: not recorded. */
export function findModel(name: string): RecordedModel | undefined {
  return BY_NAME.get(name) ?? BY_ALIAS.get(name);
}

/** What to say about a name that is not known: the likeliest intended one, and all that are. */
export function expectedModel(name: string): string {
  const guess = closest(name, [...BY_ALIAS.keys(), ...RECORDED_MODELS]);
  const hint = guess === undefined ? '' : ` (did you mean ${guess}?)`;
  return `a recorded model${hint}: ${RECORDED_MODELS.join(', ')}; the date may be left out`;
}
