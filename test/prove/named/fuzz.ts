/**
 * `npm run prove -- fuzz`: every receiver of a real ingest process (HTTP, gRPC, Kafka) is sent what nobody should send. It never dies, answers with a reason,
 * and stores whole batches only. `--runs` times a thousand requests.
 */
import { readFile } from 'node:fs/promises';
import kafkajs from 'kafkajs';
import { poll } from '../../../src/embedded/poll.ts';
import { fuzz, fuzzMessages } from '../../support/ingest-fuzz.ts';
import { startStage, type Stage } from '../../support/ingest-stage.ts';
import type { Proof, ProofOptions, ProofResult } from '../proof.ts';

const ROUNDS = 1_000;
const MESSAGES = 2_000;
const BOMBS = 2;
const BOMB_BYTES = 64 * 1024 * 1024;
/** Of ingest at its largest: several bombs at once would still be far from what a machine has. */
const MOST_RSS_MB = 1_500;
const LIMIT_MS = 120_000;

/** Of the ingest process so far, in MB; null where the system does not tell (it is Linux that does). */
async function peakRssMb(pid: number | undefined): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmHWM:\s+(\d+) kB$/mu.exec(text)?.[1];
  return kb === undefined ? null : Math.round(Number(kb) / 1_024);
}

/** Every message is passed: stored, or in the dead-letter topic. Every other batch is packed, and two are bombs. */
async function throughKafka(stage: Stage, seed: number): Promise<readonly string[]> {
  const messages = fuzzMessages(seed, MESSAGES);
  const producer = stage.kafka.client.producer();
  await producer.connect();
  const packed = { topic: stage.topic, compression: kafkajs.CompressionTypes.GZIP };
  for (let first = 0; first < MESSAGES; first += 50) {
    const how = first % 100 === 0 ? packed : { topic: stage.topic };
    await producer.send({ ...how, messages: messages.slice(first, first + 50) });
  }
  await producer.send({ ...packed, messages: [{ value: Buffer.alloc(BOMB_BYTES, ' ') }] });
  await producer.send({ ...packed, messages: [{ value: `[${'{},'.repeat(10_000_000)}{}]` }] });
  await producer.disconnect();
  const passed = await poll(
    async () => {
      const { rows } = await stage.pool.query<{ sum: number }>(
        'SELECT coalesce(sum(next_offset), 0)::integer AS sum FROM event_log_offsets',
      );
      return (rows[0]?.sum ?? 0) >= MESSAGES + BOMBS ? true : undefined;
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
    const rssMb = await peakRssMb(pid);
    const large = rssMb !== null && rssMb > MOST_RSS_MB;
    const broken = [
      ...result.broken.slice(0, 20),
      ...stuck,
      ...(alive ? [] : ['ingest does not answer']),
      ...(large ? [`ingest took ${rssMb} MB, expected at most ${MOST_RSS_MB}`] : []),
    ];
    return {
      table: [
        ['answer', 'times'],
        ...Object.entries(result.answers)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([answer, n]) => [answer, String(n)]),
      ],
      figures: {
        requests: result.sent,
        messages: MESSAGES + BOMBS,
        broken: broken.length,
        ...(rssMb !== null && { peakRssMb: rssMb }),
      },
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
