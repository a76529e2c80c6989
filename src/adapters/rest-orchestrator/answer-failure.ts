/** What an answer that is not the wanted one means: a failure by name, with what the gateway said. */
import type { z } from 'zod';
import { Failure, describeProblem, type FailureType, type Problem } from '../../domain/failure.ts';
import { orchestratorErrorSchema } from '../../domain/orchestrator-wire.ts';
import type { Fence } from '../../ports/orchestrator.ts';

/** Status and text of an HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const SHOWN_TEXT = 200;

/** Statuses that another attempt may turn: time-out, too early, too many requests. */
const TRANSIENT = new Set([408, 425, 429]);

const typeOf = (status: number): FailureType => {
  if (status >= 500 || TRANSIENT.has(status)) return 'OrchestratorUnavailable';
  if (status === 401 || status === 403) return 'Unauthorized';
  if (status === 404) return 'UnknownService';
  if (status === 409) return 'StaleGeneration';
  return 'OrchestratorRejected';
};

/** A JSON text as the schema's value; null when it is something else. */
export function readJson<S extends z.ZodType>(schema: S, text: string): z.output<S> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

const pair = ({ generation, revision }: { generation?: number | undefined; revision?: number | undefined }) =>
  `(generation ${generation ?? 'unknown'}, revision ${revision ?? 'unknown'})`;

/**
 * The failure that an answer other than 2xx stands for.
 * @param what what was asked, for the message, such as "set candidate of support-bot"
 * @param fence the pair that a write carried; a conflict names it beside the live one
 */
export function answerFailure(what: string, answer: Answer, fence: Fence | null): Failure {
  const error = readJson(orchestratorErrorSchema, answer.text)?.error;
  const said = error?.message ?? answer.text.slice(0, SHOWN_TEXT);
  const type = typeOf(answer.status);
  if (type === 'StaleGeneration' && fence !== null) {
    const live = `live is ${pair(error ?? {})}`;
    return new Failure(type, `${what}: ours is ${pair(fence)}, ${live}`, []);
  }
  const problems: readonly Problem[] = (error?.problems ?? []).map(({ field, value, expected }) => ({
    field,
    value,
    expected,
  }));
  const listed = problems.map(describeProblem).join('; ');
  return new Failure(type, `${what}: gateway answered ${answer.status}: ${listed || said}`, problems);
}
