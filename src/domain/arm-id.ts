/** How an arm of an experiment may be called. `stable` and `candidate` are taken: they are what traffic in no experiment goes by. */
import { z } from 'zod';
import { ARMS } from './window.ts';

const RESERVED: readonly string[] = ARMS;

/** Names an arm of an experiment, on the wire, in events and in windows. */
export const armIdSchema = z
  .string({ error: 'an id' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, { error: 'lower-case letters, digits and hyphens, 1 to 63 of them' })
  .refine((id) => !RESERVED.includes(id), { error: 'another name than stable or candidate' });
