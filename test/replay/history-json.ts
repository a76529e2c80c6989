/**
 * Histories as JSON of the proto, read and written. The SDK's own functions fail where a package manager has put a second
 * copy of its protobuf library beside them ("type must be a Type"), so this takes the copy that its messages are made of.
 */
import { createRequire } from 'node:module';
import type { History } from '@temporalio/common/lib/proto-utils.js';

interface ProtoJson {
  readonly toJson: (type: unknown, message: unknown) => unknown;
  readonly fromJson: (
    type: unknown,
    json: unknown,
    options: { readonly ignoreUnknownFields: boolean },
  ) => History;
}
interface Root {
  lookupType(name: string): unknown;
}

const atClient = createRequire(createRequire(import.meta.url).resolve('@temporalio/client'));
const atProto = createRequire(atClient.resolve('@temporalio/proto'));
const { toJson, fromJson } = atProto('protobufjs/ext/protojson') as ProtoJson;
const { patchProtobufRoot } = atProto('@temporalio/proto/lib/patch-protobuf-root') as {
  readonly patchProtobufRoot: (proto: unknown) => Root;
};
const proto = atProto('@temporalio/proto') as {
  readonly temporal: {
    readonly api: {
      readonly history: { readonly v1: { readonly History: { fromObject(value: History): unknown } } };
    };
  };
};
const HISTORY = patchProtobufRoot(proto).lookupType('temporal.api.history.v1.History');

/** A history as the JSON that every Temporal tool reads. */
export const historyToJson = (history: History): unknown =>
  toJson(HISTORY, proto.temporal.api.history.v1.History.fromObject(history));

/** The reverse. Unknown fields, from a newer server, are left out. Throws on anything else that does not fit. */
export const historyFromJson = (json: unknown): History =>
  fromJson(HISTORY, json, { ignoreUnknownFields: true });
