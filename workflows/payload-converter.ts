/**
 * JSON payloads that may have been typed by hand. A payload that cannot be read (JSON that is not well-formed, an unknown
 * encoding) becomes `{malformedJson: text}` instead of an exception: an exception while decoding would fail the workflow
 * task for ever and wedge the workflow, while a value is refused by validation with a clear message.
 */
import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  UndefinedPayloadConverter,
  type Payload,
} from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';

class TolerantPayloadConverter extends CompositePayloadConverter {
  override fromPayload<T>(payload: Payload): T {
    try {
      return super.fromPayload(payload);
    } catch {
      return { malformedJson: decode(payload.data ?? new Uint8Array()).slice(0, 500) } as T;
    }
  }
}

export const payloadConverter = new TolerantPayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new JsonPayloadConverter(),
);
