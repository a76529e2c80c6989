/** An OTLP export of any signal from bytes to its checked shape; what is no such message is put aside as a whole. */
import type { z } from 'zod';
import { parseOrFail } from '../../domain/validate.ts';
import type { IngestContext } from '../context.ts';
import { EXPECTED_NESTING, isTooDeep } from '../nesting.ts';
import { bodyOf } from '../set-aside.ts';
import { checkJsonSize } from './count-values.ts';

export type Encoding = 'protobuf' | 'json';

/** The bytes are no export message: the sender must not send them again. */
export class MalformedExport extends Error {
  override readonly name = 'MalformedExport';
}

export interface HowToRead<S extends z.ZodType> {
  readonly encoding: Encoding;
  /** What brought it, as it is put aside. */
  readonly source: string;
  /** Names the message in problems, such as "metrics export". */
  readonly what: string;
  readonly decode: (bytes: Buffer) => unknown;
  readonly schema: S;
  /** What is kept of bytes that are no such message. */
  readonly kept: () => string;
}

/** UTF-8 bytes of a reason: it goes into a row, and over gRPC into a trailer, where a byte may become three. */
const LONGEST_REASON = 2_048;

/** @throws MalformedExport after putting aside what is kept of the bytes, when they are no such message */
export async function readExport<S extends z.ZodType>(
  context: IngestContext,
  bytes: Buffer,
  { encoding, source, what, decode, schema, kept }: HowToRead<S>,
): Promise<z.output<S>> {
  try {
    const message = encoding === 'json' ? parseJson(bytes) : decode(bytes);
    if (isTooDeep(message)) throw new Error(`nested too deeply, expected ${EXPECTED_NESTING}`);
    return parseOrFail(schema, message, what);
  } catch (error) {
    const reason = reasonOf(error);
    await context.store.setAside([{ source, reason, body: bodyOf(kept()) }], context.clock());
    throw new MalformedExport(reason, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  // What the schema's library throws when it has gathered more problems than fit on the stack.
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) {
    return 'more fields are wrong than can be told';
  }
  const reason = error instanceof Error ? error.message : String(error);
  const bytes = Buffer.from(reason, 'utf8');
  if (bytes.length <= LONGEST_REASON) return reason.toWellFormed();
  const cut = bytes
    .subarray(0, LONGEST_REASON - 3)
    .toString('utf8')
    .replace(/\uFFFD$/u, '');
  return `${cut}...`;
}

function parseJson(bytes: Buffer): unknown {
  checkJsonSize(bytes);
  return JSON.parse(bytes.toString('utf8'));
}
