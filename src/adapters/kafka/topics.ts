/** Which of the wanted topics are there. Missing ones are asked for, with the broker's own number of partitions and copies. */
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';

/** Throws when the cluster cannot be reached. A topic that may not be made is reported, and left out. */
export async function existingTopics(
  kafka: Kafka,
  wanted: readonly string[],
  logger: Logger,
): Promise<readonly string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const present = new Set(await admin.listTopics());
    const existing = wanted.filter((topic) => present.has(topic));
    for (const topic of wanted.filter((each) => !present.has(each))) {
      try {
        await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
        existing.push(topic);
      } catch (error) {
        logger.warn({ err: error, topic }, 'a topic is missing and cannot be made: it is not read');
      }
    }
    return existing;
  } finally {
    await admin.disconnect();
  }
}
