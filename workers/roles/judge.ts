/** The judge of the `gateway` role, from its flags. Wiring only. */
import { createOpenAiJudge, type OpenAiJudge } from '../../src/adapters/openai-judge/index.ts';
import type { Logger } from '../../src/config/log.ts';

export interface JudgeFlags {
  readonly judgeUrl?: string;
  readonly judgeModel?: string;
  /** Name of the environment variable with the key: the key itself is in no command line. */
  readonly judgeKeyEnv?: string;
}

/**
 * Null when no judge is asked for.
 * @throws Error naming the flag that is missing, or the variable that is not set
 */
export function openJudge(
  { judgeUrl, judgeModel, judgeKeyEnv }: JudgeFlags,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): OpenAiJudge | null {
  if (judgeUrl === undefined && judgeModel === undefined) return null;
  if (judgeUrl === undefined || !/^https?:\/\//u.test(judgeUrl)) {
    throw new Error(`--judge-url: ${judgeUrl ?? 'nothing'} is given, expected an http or https address`);
  }
  if (judgeModel === undefined) throw new Error('--judge-model: is missing, expected the model that judges');
  const apiKey = judgeKeyEnv === undefined ? undefined : env[judgeKeyEnv];
  if (judgeKeyEnv !== undefined && (apiKey ?? '') === '') {
    throw new Error(`--judge-key-env: ${judgeKeyEnv} is given, expected a variable that is set`);
  }
  return createOpenAiJudge({
    url: judgeUrl,
    model: judgeModel,
    ...(apiKey !== undefined && { apiKey }),
    logger,
  });
}
