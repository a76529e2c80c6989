/**
 * One call to a product's own HTTP API: JSON in, JSON out, and each way in which it can fail as a `Failure`. It never retries, and
 * nothing of a key ever ends up in a message.
 */
import type { z } from 'zod';
import { Failure, type FailureType } from '../../domain/failure.ts';

export interface ProductCall {
  /** What is asked, for messages: "read chat". */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: object;
}

export interface ProductApi {
  /** @throws Failure. An answer of the wrong shape is OrchestratorUnavailable: another instance may answer next time. */
  call<S extends z.ZodType>(call: ProductCall, schema: S): Promise<z.output<S>>;
}

export interface ProductApiOptions {
  /** The product's name, for messages. */
  readonly product: string;
  readonly url: string;
  /** Value of the authorization header; none is sent without one. */
  readonly authorization: string | null;
  /** For a whole answer. */
  readonly timeoutMs: number;
  /** What an answer means where the status does not say it; null: by the status. */
  readonly meaning?: (status: number, text: string) => FailureType | null;
}

const SHOWN_TEXT = 300;
const TRANSIENT = new Set([408, 425, 429]);

function typeOf(status: number): FailureType {
  if (status >= 500 || TRANSIENT.has(status)) return 'OrchestratorUnavailable';
  if (status === 401 || status === 403) return 'Unauthorized';
  return status === 404 ? 'UnknownService' : 'OrchestratorRejected';
}

export function createProductApi(options: ProductApiOptions): ProductApi {
  const { product, authorization, meaning } = options;
  return {
    call: async (call, schema) => {
      const { status, text } = await send(options, call);
      if (status < 200 || status > 299) {
        const shown = authorization === null ? text : text.replaceAll(secretOf(authorization), '[key]');
        const said = shown.replaceAll(/\s+/gu, ' ').slice(0, SHOWN_TEXT);
        throw new Failure(
          meaning?.(status, text) ?? typeOf(status),
          `${call.what}: ${product} answered ${status}: ${said}`,
        );
      }
      const parsed = schema.safeParse(parsedJson(text));
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      const where = issue?.path.join('.') || 'the answer';
      throw new Failure(
        'OrchestratorUnavailable',
        `${call.what}: ${product} answered ${status} with something else than it documents (${where}: ${issue?.message ?? ''})`,
      );
    },
  };
}

const secretOf = (authorization: string): string => authorization.replace(/^\S+ /u, '');

async function send(
  { url, authorization, timeoutMs }: ProductApiOptions,
  { what, method, path, body }: ProductCall,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(`${url.replace(/\/+$/u, '')}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(authorization !== null && { authorization }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const failure = new Failure('OrchestratorUnavailable', `${what}: ${reasonOf(error)}`);
    failure.cause = error;
    throw failure;
  }
}

/** `fetch failed` hides its reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return cause?.message || error.message;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
