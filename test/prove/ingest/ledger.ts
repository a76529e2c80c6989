/** What the windows must hold, computed from what was sent, by nothing of ours but the names: plain sums over a map. */
import type { FeedbackEvent } from '../../../src/ports/windows.ts';

/** Count and sums of one window. Values are sent so that every sum is exact in binary. */
export interface Cell {
  count: number;
  sum: number;
  sumOfSquares: number;
}

const MINUTE_MS = 60_000;

export class Ledger {
  readonly #cells = new Map<string, Cell>();
  readonly #seen = new Set<string>();

  /** An event that was sent before adds nothing. */
  add(event: FeedbackEvent): void {
    const { source, id, data } = event;
    const identity = `${source} ${id}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    const minute = Math.floor(Date.parse(data.timestamp) / MINUTE_MS) * MINUTE_MS;
    const values = {
      error: data.error ? 1 : 0,
      latencyMs: data.latency_ms,
      costUsd: data.cost_usd,
      inputTokens: data.input_tokens,
      outputTokens: data.output_tokens,
      ...(data.quality !== null && { quality: data.quality }),
    };
    for (const [metric, value] of Object.entries(values)) {
      const key = [data.service, minute, data.arm, data.generation, metric, data.task_type].join('|');
      const cell = this.#cells.get(key) ?? { count: 0, sum: 0, sumOfSquares: 0 };
      this.#cells.set(key, cell);
      cell.count += 1;
      cell.sum += value;
      cell.sumOfSquares += value * value;
    }
  }

  get events(): number {
    return this.#seen.size;
  }

  cells(): ReadonlyMap<string, Cell> {
    return this.#cells;
  }
}
