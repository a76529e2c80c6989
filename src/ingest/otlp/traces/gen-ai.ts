/**
 * What the attributes of a span say of one request to a model: the names of the OpenTelemetry GenAI conventions, those that they replaced
 * (`prompt_tokens`, `gen_ai.completion.0.*`, `llm.usage.*`), and this product's own (`llm.request.cost` and the like). Of several names
 * for one thing the newest that is there counts. Pure.
 */
import { LARGEST_TRACKABLE } from '../../../math/index.ts';
import { textOf } from '../attributes.ts';
import { toNumber, type Attributes } from '../fields.ts';
import type { Read } from '../read-value.ts';

/** Operations that ask a model to generate. The last two are older names. */
const GENERATING: ReadonlySet<string> = new Set([
  'chat',
  'generate_content',
  'text_completion',
  'completion',
  'text-completion',
]);

/**
 * The conventions' other operations. An agent's or a workflow's span states the tokens of the requests within it, which have spans of
 * their own; the rest ask no model to generate.
 */
const OTHER: ReadonlySet<string> = new Set([
  'create_agent',
  'create_memory',
  'create_memory_store',
  'delete_memory',
  'delete_memory_store',
  'embedding',
  'embeddings',
  'execute_tool',
  'invoke_agent',
  'invoke_workflow',
  'plan',
  'rerank',
  'retrieval',
  'search_memory',
  'update_memory',
  'upsert_memory',
]);

const OPERATION = ['gen_ai.operation.name', 'llm.request.type'];
const MODEL = ['gen_ai.request.model', 'llm.request.model', 'gen_ai.response.model', 'llm.response.model'];
const INPUT_TOKENS = ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens'];
const OUTPUT_TOKENS = [
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.usage.completion_tokens',
];
const FINISH_REASONS = [
  'gen_ai.response.finish_reasons',
  'gen_ai.response.finish_reason',
  'llm.response.finish_reason',
  'gen_ai.completion.0.finish_reason',
];
/** Numbers that a span may state under this product's names, which are windows of that name. */
const OWN_NUMBERS = [
  'llm.request.cost',
  'llm.request.tokens',
  'llm.response.quality',
  'llm.response.relevance',
];

/** What providers call the reasons; whatever else is given is `other`, so that nobody can open windows without end. */
const REASONS: Readonly<Record<string, string>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  eos: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  content_filter: 'content_filter',
  content_filtered: 'content_filter',
  guardrail_intervened: 'content_filter',
  refusal: 'content_filter',
  safety: 'content_filter',
  tool_call: 'tool_call',
  tool_calls: 'tool_call',
  tool_use: 'tool_call',
  function_call: 'tool_call',
  error: 'error',
};
/** Of one span; a request for more choices than that is none. */
const MOST_REASONS = 128;

/** One request to a model. */
export interface ModelRequest {
  readonly operation: string | null;
  readonly model: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Of each choice that was generated, as this product calls them. */
  readonly finishReasons: readonly string[];
  readonly failed: boolean;
  /** By metric name. */
  readonly numbers: Readonly<Record<string, number>>;
}

const valueOf = (attributes: Attributes, keys: readonly string[]) => {
  for (const key of keys) {
    const value = attributes.find((one) => one.key === key)?.value;
    if (value !== undefined && value !== null) return { key, value };
  }
  return null;
};

const firstText = (attributes: Attributes, keys: readonly string[]): string | null => {
  for (const key of keys) {
    const text = textOf(attributes, key);
    if (text !== undefined && text !== '') return text;
  }
  return null;
};

/** The model that was asked, else the one that answered; null when neither is told. */
export const modelOf = (attributes: Attributes): string | null => firstText(attributes, MODEL);

/** Whether the span is one request to a model. Operations that the conventions do not name are when they say what was generated. */
export function asksModel(attributes: Attributes): boolean {
  const operation = firstText(attributes, OPERATION);
  if (operation !== null && GENERATING.has(operation)) return true;
  if (operation !== null && OTHER.has(operation)) return false;
  return valueOf(attributes, OUTPUT_TOKENS) !== null;
}

/**
 * @param failed whether the span's status is an error
 * @returns or why one of its numbers cannot be counted
 */
export function readRequest(attributes: Attributes, failed: boolean): Read<ModelRequest> {
  const tokens = [INPUT_TOKENS, OUTPUT_TOKENS].map((keys) => numberOf(attributes, keys, true));
  const own = OWN_NUMBERS.map((key) => [key, numberOf(attributes, [key], false)] as const);
  const bad = [...tokens, ...own.map(([, read]) => read)].find((read) => !read.ok);
  if (bad !== undefined && !bad.ok) return bad;
  const [inputTokens = null, outputTokens = null] = tokens.map((read) => (read.ok ? read.value : null));
  const numbers = own.flatMap(([key, read]) => (read.ok && read.value !== null ? [[key, read.value]] : []));
  return {
    ok: true,
    value: {
      operation: firstText(attributes, OPERATION),
      model: modelOf(attributes),
      inputTokens,
      outputTokens,
      finishReasons: finishReasonsOf(attributes),
      failed: failed || firstText(attributes, ['error.type']) !== null,
      numbers: Object.fromEntries(numbers) as Record<string, number>,
    },
  };
}

function numberOf(attributes: Attributes, keys: readonly string[], whole: boolean): Read<number | null> {
  const found = valueOf(attributes, keys);
  if (found === null) return { ok: true, value: null };
  const number = toNumber(found.value['intValue'] ?? found.value['doubleValue']);
  const fits = number >= 0 && number <= LARGEST_TRACKABLE && (!whole || Number.isInteger(number));
  if (fits) return { ok: true, value: number };
  return { ok: false, reason: `${found.key} is not a ${whole ? 'whole ' : ''}number from 0 to 1e15` };
}

function finishReasonsOf(attributes: Attributes): readonly string[] {
  const found = valueOf(attributes, FINISH_REASONS)?.value;
  if (found === undefined) return [];
  const { stringValue, arrayValue } = found;
  const listed: unknown = (arrayValue as { readonly values?: unknown } | null | undefined)?.values;
  const given: readonly unknown[] = Array.isArray(listed)
    ? listed.map((each: { readonly stringValue?: unknown } | null) => each?.stringValue)
    : fromText(stringValue);
  return given
    .slice(0, MOST_REASONS)
    .filter((each): each is string => typeof each === 'string' && each !== '')
    .map(
      (each) =>
        (Object.hasOwn(REASONS, each.toLowerCase()) ? REASONS[each.toLowerCase()] : undefined) ?? 'other',
    );
}

/** Instrumentations that know no lists write one reason, or the list as JSON. */
function fromText(text: unknown): readonly unknown[] {
  if (typeof text !== 'string') return [];
  if (!text.startsWith('[')) return [text];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [text];
  } catch {
    return [text];
  }
}
