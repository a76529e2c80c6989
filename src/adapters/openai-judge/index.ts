/** A judge of pairs over the chat completions API. */
export { createOpenAiJudge, verdictIn, type OpenAiJudge, type OpenAiJudgeOptions } from './openai-judge.ts';
