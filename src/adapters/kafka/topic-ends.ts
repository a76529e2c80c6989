/** Where the partitions of topics begin and end at this moment: what lag is measured from, also while nothing of them is fetched. */
import type { Kafka } from 'kafkajs';
import type { Partition } from '../../ports/event-log.ts';

export interface PartitionEnds extends Partition {
  /** Offset of the oldest message that is there, and of the next one that comes. */
  readonly low: number;
  readonly high: number;
}

export type TopicEnds = (topics: readonly string[]) => Promise<readonly PartitionEnds[]>;

/** Throws when the cluster cannot be reached, or a topic is not there. */
export function topicEndsOf(kafka: Kafka): TopicEnds {
  return async (topics) => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      const all: PartitionEnds[] = [];
      for (const topic of topics)
        for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
          all.push({ topic, partition, low: Number(low), high: Number(high) });
      return all;
    } finally {
      await admin.disconnect();
    }
  };
}
