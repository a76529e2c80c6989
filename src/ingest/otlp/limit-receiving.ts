/**
 * Bounds what a gRPC server holds of messages that are not whole yet. The library hands a message on when it is complete and keeps its bytes until then, so
 * without this a sender who never ends fills the memory. Counts calls, from their first byte to the end of what the client sends.
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
  /** Calls whose message is under way; with the largest message this bounds the bytes. */
  readonly atOnce: number;
  /** How long a message may take to come, in ms. */
  readonly withinMs: number;
}

/**
 * Ends the call, and what its client still sends: an answered stream stays, with all that was read of it, until the client has ended, too. The stream is not
 * of the library's public types; where it cannot be had, the call is only answered.
 */
function endCall(call: ServerInterceptingCallInterface, answer: Answer): void {
  call.sendStatus(answer);
  const { stream } = call as { readonly stream?: ServerHttp2Stream };
  stream?.close(constants.NGHTTP2_NO_ERROR);
}

/** @param busy answers one that finds all places taken */
export function limitReceiving({ atOnce, withinMs }: ReceivingLimits, busy: () => Answer): ServerInterceptor {
  let receiving = 0;
  return (_method, call) => {
    let timer: NodeJS.Timeout | undefined;
    const leave = (): void => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      receiving -= 1;
    };
    const tooSlow = (): void => {
      leave();
      const details = `the message did not come within ${withinMs} ms`;
      endCall(call, { code: status.DEADLINE_EXCEEDED, details });
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, proceed) => {
        if (receiving >= atOnce) {
          endCall(call, busy());
          return;
        }
        receiving += 1;
        timer = setTimeout(tooSlow, withinMs);
        proceed(metadata);
      })
      .withOnReceiveHalfClose((proceed) => {
        leave();
        proceed();
      })
      .withOnCancel(leave)
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
