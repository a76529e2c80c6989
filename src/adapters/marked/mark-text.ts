/** The mark as one text, for products that can keep a text beside what they serve. */
import { z } from 'zod';
import { serviceStateSchema, type ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import { configurationSchema } from '../../domain/orchestrator-wire.ts';
import type { Loaded, Served } from './marked-product.ts';

const markSchema = z.strictObject({
  state: serviceStateSchema,
  /** What was served before a write that has not been seen to end. */
  before: z
    .strictObject({
      stable: configurationSchema,
      candidate: configurationSchema.nullable(),
      weightPct: z.number().min(0).max(100),
    })
    .optional(),
});

/** @param before what was served until now, while the write is on its way; null once it has ended */
export function writeMark(state: ServiceState, before: Served | null): string {
  const kept = before && { stable: before.stable, candidate: before.candidate, weightPct: before.weightPct };
  return JSON.stringify({ state, ...(kept && { before: kept }) });
}

/** @throws Failure OrchestratorRejected, naming the place, when it cannot be read: somebody has changed it */
export function readMark(text: string | null, place: string): Pick<Loaded, 'mark' | 'unfinished'> {
  if (text === null) return { mark: null };
  const parsed = markSchema.safeParse(parsedJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Failure(
      'OrchestratorRejected',
      `${place} cannot be read as our mark: ${issue?.path.join('.') || 'the text'}: ${issue?.message ?? ''}`,
    );
  }
  const { state, before } = parsed.data;
  return { mark: state, ...(before && { unfinished: before }) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
