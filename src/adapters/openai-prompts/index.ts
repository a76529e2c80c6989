/** A writer of prompts over the chat completions API. */
export { createOpenAiPrompts, promptIn, type OpenAiPromptsOptions } from './openai-prompts.ts';
