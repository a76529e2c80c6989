/**
 * The shape of an OTLP trace export as far as it is read, the same for decoded protobuf and for OTLP/JSON. What is wrong with one span
 * is told of that span: an identity that is none becomes null.
 */
import { z } from 'zod';
import { attributes, listOf, nanos, resource, scope } from '../fields.ts';

/** Protobuf has bytes, OTLP/JSON hexadecimal digits of either case; all zero is no identity. */
const identity = (bytes: number) =>
  z
    .unknown()
    .optional()
    .transform((given): string | null => {
      const text = given instanceof Uint8Array ? Buffer.from(given).toString('hex') : given;
      if (typeof text !== 'string' || text.length !== 2 * bytes || !/^[\da-f]+$/iu.test(text)) return null;
      return /[^0]/u.test(text) ? text.toLowerCase() : null;
    });

/** 2: the span contains an error; OTLP/JSON has numbers, some senders write the names. */
const status = z
  .object({ code: z.unknown().optional() })
  .nullish()
  .transform((value) => value?.code === 2 || value?.code === 'STATUS_CODE_ERROR');

const span = z.object({
  traceId: identity(16),
  spanId: identity(8),
  name: z.string().default(''),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  /** Whether it ended in an error. */
  status,
});
export type Span = z.output<typeof span>;

/** `ExportTraceServiceRequest`. */
export const traceExportSchema = z.object({
  resourceSpans: listOf(
    z.object({
      resource,
      scopeSpans: listOf(z.object({ scope, spans: listOf(span) })),
    }),
  ),
});
export type TraceExport = z.output<typeof traceExportSchema>;
