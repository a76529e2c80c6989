/**
 * Asks a cluster for the ids of topics, over a connection that kafkajs opens, with all its settings. kafkajs offers no request of one's own: what is taken of its
 * inside is named here, and where it is not there the answer is that nothing is known.
 */
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { decodeTopicIds, encodeMetadata, METADATA } from './metadata-v10.ts';

interface Connection {
  send<T>(call: {
    readonly request: typeof METADATA & {
      readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: {
      readonly decode: (answer: Buffer) => Promise<{ readonly ids: T }>;
      readonly parse: (decoded: { readonly ids: T }) => Promise<T>;
    };
  }): Promise<T>;
}

interface Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { getConnection(): Promise<Connection> };
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

type CreateCluster = (options: { readonly allowAutoTopicCreation: boolean }) => Cluster;

/** Id by topic; of a topic that is left out, it is not known. */
export type TopicIds = (topics: readonly string[]) => Promise<ReadonlyMap<string, string>>;

const CREATE = 'private:Kafka:createCluster';

function clusterOf(kafka: Kafka): CreateCluster | null {
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE);
  const create: unknown = key && Reflect.get(kafka, key);
  return typeof create === 'function' ? (create as CreateCluster) : null;
}

/** Throws when the cluster cannot be reached. A cluster without ids is reported, once. */
export function topicIdsOf(kafka: Kafka, logger: Logger): TopicIds {
  let told = false;
  const unknown = (why: string): ReadonlyMap<string, string> => {
    if (!told)
      logger.warn(
        { why },
        'a topic that is made anew is known by its offsets alone: the cluster tells no ids of topics',
      );
    told = true;
    return new Map();
  };
  return async (topics) => {
    const create = clusterOf(kafka);
    if (create === null) return unknown('this release of kafkajs opens no connection for it');
    const cluster = create({ allowAutoTopicCreation: false });
    try {
      await cluster.connect();
      const broker = await cluster.brokerPool.findConnectedBroker();
      const newest = broker.versions[METADATA.apiKey]?.maxVersion ?? 0;
      if (newest < METADATA.apiVersion)
        return unknown(`Metadata version ${newest}, expected ${METADATA.apiVersion} or newer`);
      const connection = await broker.connectionPool.getConnection();
      const buffer = encodeMetadata(topics);
      return await connection.send({
        request: { ...METADATA, encode: async () => ({ buf: buffer, buffer }) },
        response: {
          decode: async (answer) => ({ ids: decodeTopicIds(answer) }),
          parse: async ({ ids }) => ids,
        },
      });
    } finally {
      await cluster.disconnect();
    }
  };
}
