/** Token counts by `gpt-tokenizer`. */
export { encodingOf } from './encodings.ts';
export { createTokenCounter } from './token-counter.ts';
