/** `dlq`: what could not be read out of Kafka, and back with it when whatever refused it has been mended. */
import { InvalidArgumentError, type Command } from 'commander';
import { replayDeadLetters, showDeadLetters } from '../../ingest/index.ts';
import { answering, cut, table, type Cli } from './answer.ts';
import { whole } from './options.ts';

const SHOWN = 20;
const WIDTH = 80;

export function addDlq(cli: Cli, program: Command): void {
  const dlq = program
    .command('dlq')
    .summary('messages that could not be read from Kafka')
    .description(
      'A message that ingest cannot read goes to TOPIC.dlq with its reason. KAFKA_BROKERS and the variables beside it say where that is.',
    );
  const show = dlq
    .command('show')
    .summary('what is in a dead-letter topic, and why')
    .description('Shows the letters of TOPIC.dlq, those that were sent back before too.')
    .argument('<topic>', 'the topic that they came from, such as llm.observatory.feedback', topicOf)
    .option('--limit <n>', 'letters at most', whole, SHOWN)
    .addHelpText('after', '\nExample:\n  llm-optimizer dlq show llm.observatory.feedback');
  answering<{ readonly limit: number }>(cli, show, async (topic, { limit }) => {
    const { log } = cli.openLog();
    try {
      const { letters, count } = await showDeadLetters(log, topic, limit);
      const rows = letters.map(({ id, reason, body }) => [id, cut(reason, WIDTH), cut(body, WIDTH)]);
      const text = `${table(['id', 'reason', 'begins'], rows)}\n${letters.length} of ${count}`;
      return { text: count === 0 ? 'It is empty.' : text, json: { count, letters }, ok: true };
    } finally {
      await log.close();
    }
  });

  const replay = dlq
    .command('replay')
    .summary('send the letters back to where they came from')
    .description(
      'Sends each letter of TOPIC.dlq that was not sent back before to TOPIC, as it came; of a batch that was too large to be read, its messages. What is still wrong with it brings it here again; what was counted meanwhile is not counted twice.',
    )
    .argument('<topic>', 'the topic that they came from', topicOf)
    .addHelpText('after', '\nExample:\n  llm-optimizer dlq replay llm.observatory.feedback');
  answering(cli, replay, async (topic) => {
    const { log, group } = cli.openLog();
    try {
      const { sent: replayed, left } = await replayDeadLetters(log, topic, group);
      const notRead = left.map(
        ({ id, reason }) => `\nNot sent back, it stays in ${topic}.dlq: ${id}: ${reason}`,
      );
      const text = `Sent back to ${topic}: ${replayed}.${notRead.join('')}`;
      return { text, json: { topic, replayed, left }, ok: left.length === 0 };
    } finally {
      await log.close();
    }
  });
}

function topicOf(given: string): string {
  if (given.endsWith('.dlq'))
    throw new InvalidArgumentError('Expected the topic that the letters came from, without .dlq.');
  return given;
}
