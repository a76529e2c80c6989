/** The outermost fields of a protobuf message, without its schema: enough to tell whose message it is. */

export interface Field {
  readonly no: number;
  /** The field's bytes: of a varint its encoding, null for fixed-width numbers. */
  readonly bytes: Buffer | null;
}

/** The fields in their order; what cannot be read ends the list. */
export function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    const start = at;
    while (at < message.length && (message[at] ?? 0) >= 0x80) at += 1;
    at += 1;
    return varintOf(message.subarray(start, at));
  };
  while (at < message.length) {
    const key = varint();
    const no = Math.floor(key / 8);
    const start = at;
    switch (key % 8) {
      case 0:
        varint();
        fields.push({ no, bytes: message.subarray(start, at) });
        break;
      case 2: {
        const length = varint();
        fields.push({ no, bytes: message.subarray(at, at + length) });
        at += length;
        break;
      }
      case 1:
        at += 8;
        fields.push({ no, bytes: null });
        break;
      case 5:
        at += 4;
        fields.push({ no, bytes: null });
        break;
      default:
        return fields;
    }
  }
  return fields;
}

/** Seven bits a byte, the least significant first. */
export function varintOf(bytes: Buffer | null): number {
  let value = 0;
  for (const [i, byte] of (bytes ?? []).entries()) value += (byte & 0x7f) * 2 ** (7 * i);
  return value;
}
