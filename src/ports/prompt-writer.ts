/** A model that rewrites system prompts. Optional: what it writes is checked like everything else, and when it is away nothing waits for it. */
import type { TaskType } from '../domain/task-type.ts';

export interface PromptRequest {
  /** Base address of an OpenAI-compatible API, and the model to ask. */
  readonly url: string;
  readonly model: string;
  readonly baseline: string;
  readonly taskType: TaskType;
}

export type WrittenPrompt =
  { readonly kind: 'written'; readonly text: string } | { readonly kind: 'none'; readonly why: string };

export interface PromptWriter {
  /** Never throws. */
  write(request: PromptRequest): Promise<WrittenPrompt>;
}
