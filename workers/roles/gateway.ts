/** The `gateway` role: the reference gateway over an upstream, with both emitters. Wiring only. */
import {
  createFeedbackEmitter,
  createOtlpEmitter,
  startGateway,
  type Gateway,
  type PairJudge,
  type Upstream,
} from '../../src/gateway/index.ts';
import type { Logger } from '../../src/config/log.ts';

export interface GatewayRoleOptions {
  /** Loopback unless given. */
  readonly host?: string;
  readonly port: number;
  /** The configuration contract over gRPC; left out: not served. */
  readonly grpcPort?: number;
  readonly stateDir: string;
  readonly upstream: Upstream;
  /** Compares the answers of a shadow's pairs; left out: nobody does. */
  readonly judge?: PairJudge;
  /** Base address of ingest, for events and for OTLP. */
  readonly ingestUrl: string;
  readonly logger: Logger;
}

export async function startGatewayRole(options: GatewayRoleOptions): Promise<Gateway> {
  const { ingestUrl, logger } = options;
  return startGateway({
    host: options.host ?? '127.0.0.1',
    port: options.port,
    ...(options.grpcPort !== undefined && { grpcPort: options.grpcPort }),
    stateDir: options.stateDir,
    upstream: options.upstream,
    ...(options.judge && { shadow: { judge: options.judge } }),
    emitters: [createFeedbackEmitter({ ingestUrl, logger }), createOtlpEmitter({ url: ingestUrl, logger })],
    logger,
  });
}
