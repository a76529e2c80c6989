/** Starts the receivers of one process: HTTP, gRPC and, where there is one, the reader of an event log. No logic of its own; all state that matters is in the store. */
import { fastify, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { AlertStore, AnomalySender } from '../ports/alerts.ts';
import type { IngestStore } from '../ports/windows.ts';
import { startDeliverer } from './alerts/deliverer.ts';
import { alertsWhileClocksAgree, compareClocks, whileClocksAgree } from './clocks.ts';
import type { IngestContext } from './context.ts';
import { createCounters, type Counters } from './counters.ts';
import { takeTimesBack, USUAL_LATE_MS } from './exposure-time.ts';
import { createInFlight } from './in-flight.ts';
import { startReading, type LogOptions, type ReadingLog } from './log/read-log.ts';
import type { LogReading } from '../ports/event-log.ts';
import { startGrpc } from './otlp/grpc-server.ts';
import { createTelemetry } from './telemetry.ts';
import { ingestRoutes, MAX_BODY_BYTES } from './routes.ts';

export interface IngestOptions {
  readonly host: string;
  /** OTLP/HTTP and CloudEvents; 0: any free port. */
  readonly httpPort: number;
  /** OTLP/gRPC; 0: any free port. */
  readonly grpcPort: number;
  readonly store: IngestStore;
  /** Where alerts are kept, and who gets them. */
  readonly alerts: { readonly store: AlertStore; readonly sender: AnomalySender };
  /** Left out: nothing is read from a log. */
  readonly log?: LogOptions;
  readonly logger: Logger;
  /** Batches worked on at once; more are answered 503. 32 by default. */
  readonly maxInFlight?: number;
  /** Bytes of bodies that may be under way over HTTP at once; more are answered 503. 256 MiB by default. */
  readonly bodyBytes?: number;
  /** How long a request over HTTP may take to come, ms; it is cut then. 30,000 by default. */
  readonly requestMs?: number;
  /** How long alerts of one service and kind are collected, in ms; 2,000 by default. */
  readonly alertWindowMs?: number;
  /** How late an event or point may be, ms; 7 days by default. What comes later is set aside. One bound for all of a process. */
  readonly lateMs?: number;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
  /** What the clock of the database says, ms since the epoch: while ours is more than 5 minutes away from it nothing is taken. Left out: ours is believed. */
  readonly databaseClock?: () => Promise<number>;
  /** How often the two are compared, ms; 30,000 by default. */
  readonly clocksEveryMs?: number;
}

export interface Ingest {
  /** `http://host:port`, without a slash at the end. */
  readonly httpUrl: string;
  /** `host:port` */
  readonly grpcAddress: string;
  /** What this process has done since it started. */
  stats(): Counters;
  /** How far the log is read; null without one. */
  reading(): LogReading | null;
  /** Stops listening and lets batches under way finish. A second call waits for the first. */
  close(): Promise<void>;
}

const DEFAULT_MAX_IN_FLIGHT = 32;
const CLOSE_MS = 2_000;
const REQUEST_MS = 30_000;
/** A connection on which nothing moves is cut, such as that of a sender that does not read its answer; after a database that hangs is answered for. */
const SILENT_MS = 90_000;
/** How often Node looks for requests that take too long. */
const CHECK_MS = 5_000;

/** Batches under way finish; a connection whose sender went silent in the middle of a body is cut after two seconds. */
async function closeHttp(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
  await app.close();
  clearTimeout(timer);
}

/** Null when ours is to be believed. */
async function clocksOf({ logger, clock = Date.now, databaseClock: theirs, clocksEveryMs }: IngestOptions) {
  if (theirs === undefined) return null;
  const every = clocksEveryMs === undefined ? {} : { everyMs: clocksEveryMs };
  return compareClocks({ theirs, ours: clock, logger, ...every });
}

/** Throws when a port is taken. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const clock = options.clock ?? Date.now;
  const clocks = await clocksOf(options);
  takeTimesBack(options.lateMs ?? USUAL_LATE_MS);
  const { store: alerts, sender } = options.alerts;
  const deliverer = startDeliverer({
    store: alerts,
    sender,
    logger: options.logger,
    clock,
    ...(options.alertWindowMs !== undefined && { windowMs: options.alertWindowMs }),
  });
  const context: IngestContext = {
    store: clocks ? whileClocksAgree(options.store, clocks) : options.store,
    alerts: clocks ? alertsWhileClocksAgree(alerts, clocks) : alerts,
    deliverer,
    logger: options.logger,
    counters: createCounters(),
    inFlight: createInFlight(options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT),
    clock,
  };
  const { requestMs = REQUEST_MS } = options;
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    requestTimeout: requestMs,
    connectionTimeout: SILENT_MS,
    // Node takes the longer of the two for the whole request, whichever it is: both are ours.
    http: {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
    },
  });
  let reading: ReadingLog | null = null;
  app.get('/health', () => {
    const log = reading && { ...context.counters.log, ...reading.reading() };
    const problem = clocks?.problem() ?? null;
    return {
      status: problem === null ? 'ok' : 'waiting',
      ...(problem !== null && { problem }),
      ...context.counters,
      ...(log && { log }),
    };
  });
  const telemetry = createTelemetry({
    counters: context.counters,
    reading: () => reading?.reading() ?? null,
  });
  app.get('/metrics', (request, reply) => {
    reply.hijack();
    telemetry.answer(request.raw, reply.raw);
  });
  const { bodyBytes } = options;
  await app.register(ingestRoutes, {
    context,
    problem: () => clocks?.problem() ?? null,
    ...(bodyBytes !== undefined && { bodyBytes }),
  });
  const grpc = await startGrpc(context, options.host, options.grpcPort).catch(async (error: unknown) => {
    clocks?.close();
    await deliverer.close();
    throw error;
  });
  try {
    const httpUrl = await app.listen({ host: options.host, port: options.httpPort });
    let closed: Promise<unknown> | undefined;
    reading = options.log ? startReading(context, options.log) : null;
    return {
      httpUrl,
      grpcAddress: grpc.address,
      stats: () => structuredClone(context.counters),
      reading: () => reading?.reading() ?? null,
      close: async () => {
        clocks?.close();
        closed ??= Promise.all([closeHttp(app), grpc.close(), reading?.close()]).then(() =>
          Promise.all([deliverer.close(), telemetry.close()]),
        );
        await closed;
      },
    };
  } catch (error) {
    clocks?.close();
    await Promise.all([grpc.close(), deliverer.close()]);
    throw error;
  }
}
