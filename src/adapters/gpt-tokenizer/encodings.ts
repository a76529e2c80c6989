/** Which encoding a model counts its tokens with: names as OpenAI publishes them in tiktoken (`tiktoken/model.py`). */

export const ENCODINGS = ['o200k_base', 'cl100k_base'] as const;
export type EncodingName = (typeof ENCODINGS)[number];

const KNOWN: readonly (readonly [RegExp, EncodingName])[] = [
  [/^(?:gpt-4o|gpt-4\.[15]|gpt-5|chatgpt-4o|o[134](?:-|$))/u, 'o200k_base'],
  [/^(?:gpt-4|gpt-3\.5|gpt-35)/u, 'cl100k_base'],
];

/** `provider/model` is read as `model`. Models of others are counted with the newest one, which is near and not exact. */
export function encodingOf(model: string): { readonly encoding: EncodingName; readonly isExact: boolean } {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  const encoding = KNOWN.find(([pattern]) => pattern.test(name))?.[1];
  return { encoding: encoding ?? 'o200k_base', isExact: encoding !== undefined };
}
