import { pino, type Logger } from 'pino';
import { describe, expect, it } from 'vitest';
import { createBatchSender } from '../../../src/gateway/batch-sender.ts';

/** A log whose lines can be read. */
function readableLog(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  return {
    logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    lines,
  };
}

/** A receiver that answers with `status()`, and a promise of the moment it has `wanted` texts. */
function receiver(status: () => number) {
  const taken: string[] = [];
  const batches: number[] = [];
  return {
    taken,
    batches,
    send: async (batch: readonly string[]) => {
      const code = status();
      if (code < 300) {
        taken.push(...batch);
        batches.push(batch.length);
      }
      return { status: code, text: `status ${code}` };
    },
  };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

describe('the batch sender', () => {
  it('sends a full batch at once and the rest at the end, in order', async () => {
    const to = receiver(() => 200);
    const sender = createBatchSender({ send: to.send, logger: readableLog().logger, intervalMs: 60_000 });
    numbered(450).forEach((text) => sender.add(text));
    await sender.close();
    expect(to.taken).toEqual(numbered(450));
    expect(to.batches).toEqual([200, 200, 50]);
    expect(sender.stats()).toEqual({ sent: 450, dropped: 0, refused: 0, waiting: 0 });
  });

  it('keeps what could not be sent and loses nothing while it fits', async () => {
    let failures = 3;
    const to = receiver(() => (failures-- > 0 ? 503 : 200));
    const { logger, lines } = readableLog();
    const sender = createBatchSender({ send: to.send, logger, intervalMs: 1 });
    numbered(500).forEach((text) => sender.add(text));
    await sender.close();
    expect(to.taken).toEqual(numbered(500));
    expect(lines.filter((line) => line.includes('they wait'))).not.toHaveLength(0);
  });

  it('drops the oldest when the buffer is full, counts them and says so', async () => {
    let away = true;
    const to = receiver(() => (away ? 503 : 200));
    const { logger, lines } = readableLog();
    const sender = createBatchSender({ send: to.send, logger, bufferSize: 100, intervalMs: 60_000 });
    numbered(150).forEach((text) => sender.add(text));
    away = false;
    await sender.close();
    expect(to.taken).toEqual(numbered(150).slice(50));
    expect(sender.stats()).toMatchObject({ sent: 100, dropped: 50 });
    expect(lines.filter((line) => line.includes('oldest events are lost'))).toHaveLength(1);
  });

  it('does not repeat a batch that is refused for good', async () => {
    const to = receiver(() => 422);
    const { logger, lines } = readableLog();
    const sender = createBatchSender({ send: to.send, logger });
    sender.add('bad');
    await sender.close();
    expect(sender.stats()).toEqual({ sent: 0, dropped: 0, refused: 1, waiting: 0 });
    expect(lines.filter((line) => line.includes('refused'))).toHaveLength(1);
  });

  it('gives up at close in bounded time and counts what is lost', async () => {
    const { logger, lines } = readableLog();
    const send = async (): Promise<never> => {
      throw new Error('connection refused');
    };
    const sender = createBatchSender({ send, logger, closeTimeoutMs: 50 });
    sender.add('lost');
    await sender.close();
    expect(sender.stats()).toMatchObject({ dropped: 1, waiting: 0 });
    expect(lines.filter((line) => line.includes('not taken in time'))).toHaveLength(1);
  });
});
