/** What a service is for, as far as prompts and parameters depend on it. Names only. */

export const TASK_TYPES = [
  'general',
  'chat',
  'code',
  'creative',
  'extraction',
  'classification',
  'summarization',
  'reasoning',
  'translation',
] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** `explore` tries wide, `exploit` near what is known to be good, `balanced` half and half. */
export const TUNING_MODES = ['explore', 'balanced', 'exploit'] as const;
export type TuningMode = (typeof TUNING_MODES)[number];
