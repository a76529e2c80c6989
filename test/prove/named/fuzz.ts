/**
 * `npm run prove -- fuzz`: every receiver of a real ingest process (HTTP, gRPC, Kafka) is sent what nobody should send. It never dies, answers with a reason,
 * and stores whole batches only. `--runs` times a thousand requests.
 */
import { poll } from '../../../src/embedded/poll.ts';
import { fuzz, fuzzMessages } from '../../support/ingest-fuzz.ts';
import { startStage, type Stage } from '../../support/ingest-stage.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const ROUNDS = 1_000;
const MESSAGES = 2_000;
const LIMIT_MS = 120_000;

/** Every message is passed: stored, or in the dead-letter topic. */
async function throughKafka(stage: Stage, seed: number): Promise<readonly string[]> {
  const messages = fuzzMessages(seed, MESSAGES);
  const producer = stage.kafka.client.producer();
  await producer.connect();
  for (let first = 0; first < MESSAGES; first += 50) {
    await producer.send({ topic: stage.topic, messages: messages.slice(first, first + 50) });
  }
  await producer.disconnect();
  const passed = await poll(
    async () => {
      const { rows } = await stage.pool.query<{ sum: number }>(
        'SELECT coalesce(sum(next_offset), 0)::integer AS sum FROM event_log_offsets',
      );
      return (rows[0]?.sum ?? 0) >= MESSAGES ? true : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 200 },
  );
  return passed === true ? [] : [`${MESSAGES} messages are not passed within ${LIMIT_MS / 1_000} s`];
}

async function run({ runs, seed, onProgress }: ProofOptions): Promise<ProofResult> {
  const stage = await startStage();
  try {
    const pid = stage.ingestPid();
    const result = await fuzz(stage, { seed, rounds: ROUNDS * runs });
    onProgress(`${result.sent} requests answered`);
    const stuck = await throughKafka(stage, seed);
    const health = await stage.health();
    const alive = health !== null && stage.ingestPid() === pid;
    const broken = [...result.broken.slice(0, 20), ...stuck, ...(alive ? [] : ['ingest does not answer'])];
    return {
      table: [
        ['answer', 'times'],
        ...Object.entries(result.answers)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([answer, n]) => [answer, String(n)]),
      ],
      figures: { requests: result.sent, messages: MESSAGES, broken: result.broken.length + stuck.length },
      broken,
    };
  } finally {
    await stage.stop();
  }
}

export const proof: Proof = {
  summary:
    'every receiver of ingest is sent what nobody should: answered, with a reason, nothing half stored',
  defaultRuns: 3,
  run,
};
