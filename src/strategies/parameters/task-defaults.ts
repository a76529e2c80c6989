/**
 * Where to begin for a kind of task, before anything is known of the service. Points to try, never to adopt unproven.
 *
 * Sources: code, temperature .2 for one answer (Chen et al., arXiv 2107.03374, section 3.3). Reasoning and classification: from 0 to 1 next to
 * no effect (Renze, Guven, arXiv 2402.05201), so 0 for the sake of repeatability; so for extraction. Translation: low is better (Peng et al., arXiv
 * 2303.13780, section 3.1). Creative: top-p .95 (Holtzman et al., arXiv 1904.09751). Penalties of .1 to 1 against repetition: OpenAI's text
 * generation guide; elsewhere 0, their API's default. Summaries and chat: between these, by our own judgement. Token limits: three
 * times a usual answer of the kind, by our own judgement.
 */
import type { ParameterName } from '../../domain/parameter.ts';
import type { TaskType } from '../../domain/task-type.ts';

export type Setting = Readonly<Partial<Record<ParameterName, number>>>;

export const TASK_DEFAULTS: Readonly<Record<TaskType, Setting>> = {
  general: { temperature: 0.7, topP: 1, topK: 50, maxTokens: 1_024, frequencyPenalty: 0, presencePenalty: 0 },
  chat: {
    temperature: 0.7,
    topP: 0.95,
    topK: 50,
    maxTokens: 512,
    frequencyPenalty: 0.2,
    presencePenalty: 0.1,
  },
  code: { temperature: 0.2, topP: 0.95, topK: 40, maxTokens: 2_048, frequencyPenalty: 0, presencePenalty: 0 },
  creative: {
    temperature: 0.9,
    topP: 0.95,
    topK: 100,
    maxTokens: 2_048,
    frequencyPenalty: 0.5,
    presencePenalty: 0.5,
  },
  extraction: { temperature: 0, topP: 1, topK: 1, maxTokens: 1_024, frequencyPenalty: 0, presencePenalty: 0 },
  classification: {
    temperature: 0,
    topP: 1,
    topK: 1,
    maxTokens: 64,
    frequencyPenalty: 0,
    presencePenalty: 0,
  },
  summarization: {
    temperature: 0.3,
    topP: 0.95,
    topK: 40,
    maxTokens: 512,
    frequencyPenalty: 0.2,
    presencePenalty: 0,
  },
  reasoning: {
    temperature: 0,
    topP: 0.95,
    topK: 40,
    maxTokens: 4_096,
    frequencyPenalty: 0,
    presencePenalty: 0,
  },
  translation: {
    temperature: 0.1,
    topP: 0.95,
    topK: 40,
    maxTokens: 1_024,
    frequencyPenalty: 0,
    presencePenalty: 0,
  },
};
