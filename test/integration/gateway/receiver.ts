/**
 * A real HTTP receiver for what the gateway emits: CloudEvents batches, and OTLP metrics decoded from protobuf by
 * field numbers of opentelemetry-proto 1.x (only the fields that the tests read).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromJSON } from '@grpc/proto-loader';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createFeedbackEmitter, type FeedbackEmitter } from '../../../src/gateway/index.ts';
import { silent } from './support.ts';

const field = (type: string, id: number, rule?: 'repeated') => ({
  type,
  id,
  ...(rule === undefined ? {} : { rule }),
});

const definition = fromJSON(
  {
    nested: {
      Request: { fields: { resourceMetrics: field('ResourceMetrics', 1, 'repeated') } },
      ResourceMetrics: {
        fields: { resource: field('Resource', 1), scopeMetrics: field('ScopeMetrics', 2, 'repeated') },
      },
      Resource: { fields: { attributes: field('KeyValue', 1, 'repeated') } },
      ScopeMetrics: { fields: { metrics: field('Metric', 2, 'repeated') } },
      Metric: {
        fields: {
          name: field('string', 1),
          unit: field('string', 3),
          sum: field('Points', 7),
          histogram: field('Histogram', 9),
        },
      },
      Points: { fields: { dataPoints: field('Point', 1, 'repeated'), temporality: field('int32', 2) } },
      Histogram: {
        fields: { dataPoints: field('HistogramPoint', 1, 'repeated'), temporality: field('int32', 2) },
      },
      Point: {
        fields: {
          asDouble: field('double', 4),
          asInt: field('sfixed64', 6),
          attributes: field('KeyValue', 7, 'repeated'),
        },
      },
      HistogramPoint: {
        fields: {
          count: field('fixed64', 4),
          sum: field('double', 5),
          attributes: field('KeyValue', 9, 'repeated'),
        },
      },
      KeyValue: { fields: { key: field('string', 1), value: field('AnyValue', 2) } },
      AnyValue: { fields: { stringValue: field('string', 1), intValue: field('int64', 3) } },
      Metrics: { methods: { Export: { requestType: 'Request', responseType: 'Request', comment: '' } } },
    },
  },
  { longs: Number, defaults: true, arrays: true },
);

const attributesSchema = z
  .array(z.object({ key: z.string(), value: z.object({ stringValue: z.string(), intValue: z.number() }) }))
  .transform((pairs) =>
    Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue || value.intValue])),
  );
const pointSchema = z.object({
  attributes: attributesSchema,
  count: z.number().optional(),
  sum: z.number().optional(),
  asDouble: z.number().optional(),
  asInt: z.number().optional(),
});
const pointsSchema = z.object({ dataPoints: z.array(pointSchema), temporality: z.number() }).nullable();
const exportSchema = z.object({
  resourceMetrics: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeMetrics: z.array(
        z.object({
          metrics: z.array(
            z.object({ name: z.string(), unit: z.string(), sum: pointsSchema, histogram: pointsSchema }),
          ),
        }),
      ),
    }),
  ),
});

/** One data point: `count` and `sum` of a histogram, or the value of a counter as `sum`. */
export interface MetricPoint {
  readonly service: unknown;
  readonly name: string;
  readonly unit: string;
  /** 1 is delta. */
  readonly temporality: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly sum: number;
}

const eventsSchema = z.array(z.record(z.string(), z.unknown()));

export interface Receiver {
  readonly url: string;
  readonly events: Record<string, unknown>[];
  readonly contentTypes: Set<string>;
  readonly points: MetricPoint[];
  /** Answers 503 to events while true. */
  away: boolean;
}

export async function startReceiver(): Promise<Receiver> {
  const state = { url: '', events: [], contentTypes: new Set(), points: [], away: false } as Receiver & {
    url: string;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (request.url === '/v1/metrics') {
        state.points.push(...decode(body));
      } else if (request.url === '/v1/events' && state.away) {
        response.statusCode = 503;
      } else if (request.url === '/v1/events') {
        state.contentTypes.add(request.headers['content-type'] ?? '');
        state.events.push(...eventsSchema.parse(JSON.parse(body.toString('utf8'))));
      } else {
        response.statusCode = 404;
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return state;
}

/** Tells the receiver; closing it takes as long as a busy machine needs, and loses nothing. */
export const feedbackTo = ({ url }: Receiver): FeedbackEmitter =>
  createFeedbackEmitter({ ingestUrl: url, logger: silent, closeTimeoutMs: 60_000 });

function decode(body: Buffer): MetricPoint[] {
  const method = Reflect.get(definition['Metrics'] ?? {}, 'Export') as {
    requestDeserialize: (bytes: Buffer) => unknown;
  };
  return exportSchema
    .parse(method.requestDeserialize(body))
    .resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .flatMap(({ name, unit, sum, histogram }) => {
          const points = histogram ?? sum;
          return (points?.dataPoints ?? []).map((point) => ({
            service: resource.attributes['service.name'],
            name,
            unit,
            temporality: points?.temporality ?? 0,
            attributes: point.attributes,
            count: point.count ?? 0,
            sum: point.sum ?? (point.asDouble || point.asInt) ?? 0,
          }));
        }),
    );
}
