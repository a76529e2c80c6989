/**
 * How many messages an export would become, before any of them is made: two bytes are enough for one, so 16 MB of nothing would take gigabytes. Counting
 * makes nothing. Pure.
 */
import type { Field, Type } from 'protobufjs';

/** An export of 40,000 points with five attributes each holds about as many. */
const MOST_MESSAGES = 500_000;
/** In JSON each takes a brace and a comma, and the fields of a message have commas of their own. */
const MOST_MARKS = 4 * MOST_MESSAGES;
const MOST_LEVELS = 100;
const CHAR = { quote: 0x22, comma: 0x2c, bracket: 0x5b, backslash: 0x5c, brace: 0x7b } as const;

/** The smallest message within another: its tag, and a length of 0. */
const SMALLEST = 2;
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const CUT = 'the message is cut';

/** @throws RangeError when the bytes hold more values than one export may */
export function checkJsonSize(bytes: Buffer): void {
  if (bytes.length <= MOST_MARKS) return;
  let [marks, inText] = [0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === CHAR.quote) inText = !inText;
    else if (inText) at += byte === CHAR.backslash ? 1 : 0;
    else if (byte === CHAR.comma || byte === CHAR.brace || byte === CHAR.bracket) marks += 1;
  }
  if (marks > MOST_MARKS)
    throw new RangeError(`${marks} values and fields, expected at most ${MOST_MARKS} in an export`);
}

/**
 * @param type what the bytes are to be decoded as
 * @throws RangeError when they hold too many messages, or too deep; Error when they cannot be walked through
 */
export function checkProtobufSize(bytes: Buffer, type: Type): void {
  if (bytes.length > SMALLEST * MOST_MESSAGES)
    count(bytes, 0, bytes.length, type, MOST_LEVELS, { left: MOST_MESSAGES });
}

function count(
  bytes: Buffer,
  start: number,
  end: number,
  type: Type,
  levels: number,
  budget: { left: number },
): void {
  if (levels === 0) throw new RangeError(`nested too deeply, expected at most ${MOST_LEVELS} levels`);
  let at = start;
  const varint = (): number => {
    let [value, shift, byte] = [0, 0, 0x80];
    for (; byte >= 0x80; shift += 7) {
      byte = bytes[at] ?? -1;
      if (byte < 0 || at >= end || shift > 63) throw new Error(CUT);
      value += (byte & 0x7f) * 2 ** shift;
      at += 1;
    }
    return value;
  };
  const take = (messages: number): void => {
    budget.left -= messages;
    if (budget.left < 0) throw new RangeError(`more than ${MOST_MESSAGES} messages and values in an export`);
  };
  while (at < end) {
    const tag = varint();
    const field = type.fieldsById[tag >>> 3];
    const wire = tag & 7;
    if (field?.repeated === true) take(1);
    if (wire === WIRE.varint) varint();
    else if (wire === WIRE.fixed64) at += 8;
    else if (wire === WIRE.fixed32) at += 4;
    else if (wire === WIRE.bytes) {
      const length = varint();
      if (at + length > end) throw new Error(CUT);
      const inner = messageOf(field);
      if (inner !== null) {
        if (field?.repeated !== true) take(1);
        count(bytes, at, at + length, inner, levels - 1, budget);
      } else if (field !== undefined && isPacked(field)) take(length);
      at += length;
    } else throw new Error(`wire type ${wire} is not read`);
  }
  if (at > end) throw new Error(CUT);
}

const messageOf = (field: Field | undefined): Type | null =>
  field?.resolvedType != null && 'fieldsById' in field.resolvedType ? field.resolvedType : null;

/** Numbers one after the other, each of a byte at least. */
const isPacked = (field: Field): boolean =>
  field.repeated && field.resolvedType === null && field.type !== 'string' && field.type !== 'bytes';
