/** Where ingest writes: raw events and their windows, OTLP streams and what could not be read; and what it asks about who serves. */
import type { EventBatch } from '../../ports/event-batch.ts';
import type { IngestStore, Serving } from '../../ports/windows.ts';
import type { Database } from './database.ts';
import { createStreamRecorder } from './otlp-streams.ts';
import { createRecorder } from './record-events.ts';
import { putAside } from './set-aside.ts';

interface ServingRow {
  readonly service_id: string;
  readonly status: 'stable' | 'trying';
  readonly generation: number;
  readonly model: string | null;
}

const NOTHING: EventBatch = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

export function createIngestStore(db: Database): IngestStore {
  const { plainBatch, recordEvents } = createRecorder(db);
  /** Of a batch that moves no position, which nobody can have moved. */
  const record = async (given: Partial<EventBatch>, nowMs: number) => {
    const recorded = await recordEvents({ ...NOTHING, ...given }, nowMs);
    if (recorded.kind !== 'recorded')
      throw new Error(`a batch without a position was answered ${recorded.kind}`);
    const { stored, duplicates, unknownService } = recorded;
    return { stored, duplicates, unknownService };
  };
  return {
    serving: async (serviceIds) => {
      const rows = await db.query<ServingRow>(
        `SELECT DISTINCT ON (service_id, status) service_id, status, generation, body->>'model' AS model
         FROM configurations WHERE service_id = ANY($1::text[]) AND status IN ('stable', 'trying')
         ORDER BY service_id, status, generation DESC`,
        [serviceIds],
      );
      const served = new Map<string, Serving>();
      for (const { service_id, status, generation, model } of rows) {
        const before = served.get(service_id) ?? { stable: null, candidate: null };
        const arm = status === 'stable' ? 'stable' : 'candidate';
        served.set(service_id, { ...before, [arm]: { generation, model } });
      }
      return served;
    },
    plainBatch,
    recordEvents,
    recordFeedback: (feedback, nowMs) => record({ feedback }, nowMs),
    recordPairs: (pairs, nowMs) => record({ pairs }, nowMs),
    recordStreams: createStreamRecorder(db),
    setAside: (items, nowMs) => putAside(db, items, nowMs),
  };
}
