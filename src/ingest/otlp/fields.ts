/** Fields that the exports of all signals share, the same for decoded protobuf and for OTLP/JSON. Unknown fields are ignored, as the specification asks. */
import { z } from 'zod';

const NUMBER_TEXT = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/u;

/** Protobuf's JSON mapping writes 64-bit integers, NaN and the infinities as strings. */
export const toNumber = (value: unknown): number => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER_TEXT.test(value) ? Number(value) : Number.NaN;
};

/** Nanoseconds since the epoch as decimal digits; "0" when absent, null when it is no such time. */
export const nanos = z
  .unknown()
  .optional()
  .transform((value): string | null => {
    if (value === undefined || value === null) return '0';
    const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    return typeof text === 'string' && /^\d{1,20}$/u.test(text) ? text : null;
  });

/** What is expected of a time, in words. */
export const EXPECTED_NANOS = 'nanoseconds since the epoch, in decimal digits';

export const listOf = <S extends z.ZodType>(schema: S) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? []);

export const attributes = listOf(
  z.object({ key: z.string().default(''), value: z.record(z.string(), z.unknown()).nullish() }),
);
export type Attributes = z.output<typeof attributes>;

export const resource = z.object({ attributes }).nullish();

export const scope = z
  .object({ name: z.string().default(''), version: z.string().default(''), attributes })
  .nullish();
