/** Counts tokens with `gpt-tokenizer`. Its tables are megabytes, so an encoding is loaded when the first text is counted with it. */
import type { TokenCounter } from '../../ports/tokens.ts';
import { encodingOf, type EncodingName } from './encodings.ts';

interface Encoding {
  readonly countTokens: (text: string, options: { readonly disallowedSpecial: Set<string> }) => number;
}

const LOAD: Readonly<Record<EncodingName, () => Promise<Encoding>>> = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
};

/** With nothing disallowed, `<|endoftext|>` in a prompt is the text that it is, and no error. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

export function createTokenCounter(): TokenCounter {
  const loaded = new Map<EncodingName, Promise<Encoding>>();
  const load = (name: EncodingName): Promise<Encoding> => {
    const known = loaded.get(name) ?? LOAD[name]();
    loaded.set(name, known);
    return known;
  };
  return {
    count: async (text, model) => {
      const { encoding, isExact } = encodingOf(model);
      const { countTokens } = await load(encoding);
      return { tokens: countTokens(text, AS_TEXT), encoding, isExact };
    },
  };
}
