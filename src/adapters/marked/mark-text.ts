/** The mark as one text, for products that can keep a text beside what they serve. */
import { z } from 'zod';
import { serviceStateSchema, type ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import type { Loaded, TakenAway } from './marked-product.ts';

const markSchema = z.strictObject({
  state: serviceStateSchema,
  /** Before writes that have not been seen to end, oldest first. */
  before: z.array(serviceStateSchema).optional(),
  /** Left out by older writers, and while nothing was taken away. */
  takenAway: z
    .array(z.strictObject({ hash: z.string(), generation: z.int().min(0), atMs: z.number().min(0) }))
    .optional(),
});

/** @param before while the write is on its way (`unfinishedOf`); empty once it has ended */
export const writeMark = (
  state: ServiceState,
  before: readonly ServiceState[],
  takenAway: readonly TakenAway[],
): string =>
  JSON.stringify({
    state,
    ...(before.length > 0 && { before }),
    ...(takenAway.length > 0 && { takenAway }),
  });

/** @throws Failure OrchestratorRejected, naming the place, when it cannot be read: somebody has changed it */
export function readMark(
  text: string | null,
  place: string,
): Pick<Loaded, 'mark' | 'unfinished' | 'takenAway'> {
  if (text === null) return { mark: null };
  const parsed = markSchema.safeParse(parsedJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Failure(
      'OrchestratorRejected',
      `${place} cannot be read as our mark: ${issue?.path.join('.') || 'the text'}: ${issue?.message ?? ''}`,
    );
  }
  const { state, before, takenAway } = parsed.data;
  return { mark: state, ...(before && { unfinished: before }), ...(takenAway && { takenAway }) };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
