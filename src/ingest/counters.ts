/** What ingest has done since it started. Counts of this process, for `/health` and tests; the truth is in the database. */
export interface Counters {
  readonly events: { accepted: number; duplicates: number; setAside: number; unknownService: number };
  /** Alerts of a sentinel; those that could not be read are among the events set aside. */
  readonly alerts: { accepted: number; duplicates: number; unknownService: number };
  /** `unchanged`: points that were counted before, and those that only give a baseline or add nothing. */
  readonly points: { counted: number; unchanged: number; setAside: number };
  /** Of requests to models; `ignored`: spans that are no such request. */
  readonly spans: {
    counted: number;
    duplicates: number;
    unknownService: number;
    ignored: number;
    setAside: number;
  };
  /** Of the log: messages taken out of it, those that could not be read, and batches that another reader had stored. */
  readonly log: { messages: number; batches: number; deadLetters: number; moved: number };
  /** Requests turned away because too many were in flight. */
  busy: number;
}

export const createCounters = (): Counters => ({
  events: { accepted: 0, duplicates: 0, setAside: 0, unknownService: 0 },
  alerts: { accepted: 0, duplicates: 0, unknownService: 0 },
  points: { counted: 0, unchanged: 0, setAside: 0 },
  spans: { counted: 0, duplicates: 0, unknownService: 0, ignored: 0, setAside: 0 },
  log: { messages: 0, batches: 0, deadLetters: 0, moved: 0 },
  busy: 0,
});
