/**
 * Bounds what a gRPC server holds of messages that are not whole yet. The library hands a message on when it is complete and keeps its bytes until then, so
 * without this a sender who never ends fills the memory.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
} from '@grpc/grpc-js';

/** How a call ends. */
export type Answer = Pick<StatusObject, 'code' | 'details'> & { readonly metadata?: Metadata };

export interface ReceivingLimits {
  /** Bytes of all messages that are under way. They count when they have come: a sender that says nothing takes nobody's room. */
  readonly bytes: number;
  /** How long a message may take to come, in ms. */
  readonly withinMs: number;
}

/**
 * Ends the call, and what its client still sends: an answered stream stays, with all that was read of it, until the client has ended, too. The stream is not
 * of the library's public types; where it cannot be had, the call is only answered.
 */
function endCall(call: ServerInterceptingCallInterface, answer: Answer): void {
  call.sendStatus(answer);
  streamOf(call)?.close(constants.NGHTTP2_NO_ERROR);
}

const streamOf = (call: ServerInterceptingCallInterface): ServerHttp2Stream | undefined =>
  (call as { readonly stream?: ServerHttp2Stream }).stream;

/** @param busy answers one that finds all places taken */
export function limitReceiving(
  { bytes: most, withinMs }: ReceivingLimits,
  busy: () => Answer,
): ServerInterceptor {
  let together = 0;
  return (_method, call) => {
    let timer: NodeJS.Timeout | undefined;
    let bytes = 0;
    const leave = (): void => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      streamOf(call)?.off('data', take);
      together -= bytes;
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      together += chunk.length;
      if (together <= most) return;
      leave();
      endCall(call, busy());
    };
    const tooSlow = (): void => {
      leave();
      const details = `the message did not come within ${withinMs} ms`;
      endCall(call, { code: status.DEADLINE_EXCEEDED, details });
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, proceed) => {
        if (together >= most) {
          endCall(call, busy());
          return;
        }
        timer = setTimeout(tooSlow, withinMs);
        streamOf(call)?.on('data', take);
        proceed(metadata);
      })
      .withOnReceiveHalfClose((proceed) => {
        leave();
        proceed();
      })
      .withOnCancel(() => {
        // A deadline of the client's own ends the call past this interceptor, and the stream stays with what was read of it.
        if (timer === undefined) return;
        leave();
        streamOf(call)?.close(constants.NGHTTP2_NO_ERROR);
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((answer, next) => {
        leave();
        next(answer);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}
