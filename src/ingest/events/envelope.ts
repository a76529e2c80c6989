/** The CloudEvents 1.0 envelope, from the HTTP binding's three modes to one shape. Pure. */
import { z } from 'zod';
import { describeProblem, Failure, type Problem } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { isStorableText } from '../storable-text.ts';

const text = (max: number) =>
  z
    .string({ error: 'a text' })
    .min(1, { error: 'a text that is not empty' })
    .max(max, { error: `at most ${max} characters` })
    .refine(isStorableText, { error: 'a text without NUL and broken characters' });

/** Extension attributes and those that are not read here are ignored, as CloudEvents asks. */
const envelopeSchema = z.object({
  specversion: z.literal('1.0', { error: '"1.0"' }),
  id: text(200),
  source: text(500),
  type: text(200),
  datacontenttype: z
    .string()
    .regex(/^application\/([\w.-]+\+)?json(\s*;.*)?$/iu, { error: 'application/json, or absent' })
    .optional(),
  /** Looked at by who needs it: most events carry a time of their own. */
  time: z.unknown().optional(),
  data: z.unknown().optional(),
});
export type Envelope = z.output<typeof envelopeSchema>;

export type ReadEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Runs a parse and turns its `InvalidInput` into a value. */
export function problemsOf<T>(
  parse: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] } {
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof Failure && error.type === 'InvalidInput')
      return { ok: false, problems: error.problems };
    throw error;
  }
}

/** An event in structured mode or out of a batch. */
export function readEnvelope(value: unknown): ReadEnvelope {
  const read = problemsOf(() => parseOrFail(envelopeSchema, value, 'event'));
  return read.ok ? { ok: true, envelope: read.value } : read;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export const isBinaryMode = (headers: Headers): boolean => headers['ce-specversion'] !== undefined;

/** An event in binary mode as the structured object it stands for: attributes are in `ce-` headers, per cent encoded. */
export function fromBinaryMode(headers: Headers, data: unknown): Record<string, unknown> {
  const event: Record<string, unknown> = { data };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') event[name.slice(3)] = decode(value);
  }
  return { ...event, datacontenttype: headers['content-type'] ?? undefined };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export const describeProblems = (problems: readonly Problem[]): string =>
  problems.map(describeProblem).join('; ');
