/**
 * Whether our clock may be believed: it is held against the database's, at the start, at intervals, and when it has jumped. What is late or ahead is told by it, and a wrong
 * one would refuse everything that is right, for good: while the two are apart nothing is taken, and nothing is set aside.
 */
import type { Logger } from 'pino';
import { formatDuration } from '../domain/duration.ts';
import { Failure } from '../domain/failure.ts';
import type { AlertStore } from '../ports/alerts.ts';
import type { IngestStore } from '../ports/windows.ts';
import { CLOCKS_APART_MS } from '../state/incident.ts';

export interface ClocksOptions {
  /** What the database's clock says, ms since the epoch. */
  readonly theirs: () => Promise<number>;
  /** The same of ours. */
  readonly ours: () => number;
  readonly logger: Logger;
  /** Between two comparisons, ms; 30,000 by default. While the clocks are apart it is 1,000 at most. */
  readonly everyMs?: number;
}

export interface Clocks {
  /** Why nothing may be taken; null while the clocks agree. */
  readonly problem: () => string | null;
  readonly close: () => void;
}

const EVERY_MS = 30_000;
const SOON_MS = 1_000;
/** The start waits so long for the first comparison. */
const FIRST_MS = 2_000;
/** By more than this beside the time that has passed a clock was set, or the machine slept. */
const JUMP_MS = 60_000;

const textOf = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));

/** Answers after the first comparison, or without it when the database does not answer: nothing is taken until it has. */
export async function compareClocks(options: ClocksOptions): Promise<Clocks> {
  const { theirs, ours, logger, everyMs = EVERY_MS } = options;
  let apart: string | null = 'the clock of the database is not known yet';
  let agreed: boolean | null = null;
  let offsetMs = Number.NaN;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let closed = false;

  const offset = (): number => ours() - performance.now();
  const compare = async (): Promise<void> => {
    const [startMs, startOffsetMs] = [ours(), offset()];
    const theirMs = await theirs();
    // What the answer took is on neither side.
    const apartMs = Math.max(startMs - theirMs, theirMs - ours());
    apart =
      apartMs <= CLOCKS_APART_MS
        ? null
        : `the clock of the database says ${textOf(theirMs)} and ours ${textOf(ours())}, expected at most ${formatDuration(CLOCKS_APART_MS)} apart: nothing is taken until they agree`;
    offsetMs = startOffsetMs;
    if (agreed === (apart === null)) return;
    agreed = apart === null;
    if (apart === null) logger.info({ apartMs }, 'our clock agrees with that of the database');
    else logger.error({ apartMs }, apart);
  };
  const again = (): Promise<void> => {
    clearTimeout(timer);
    running ??= compare()
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'the clock of the database cannot be asked; it is asked again'),
      )
      .finally(() => {
        running = null;
        if (closed) return;
        timer = setTimeout(() => void again(), apart === null ? everyMs : Math.min(everyMs, SOON_MS));
        timer.unref();
      });
    return running;
  };

  await Promise.race([again(), new Promise((resolve) => setTimeout(resolve, FIRST_MS).unref())]);
  return {
    problem: () => {
      if (apart === null && Math.abs(offset() - offsetMs) > JUMP_MS) {
        agreed = null;
        apart = 'our clock has jumped: it is held against that of the database first';
        logger.error({ jumpedMs: offset() - offsetMs }, apart);
        void again();
      }
      return apart;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** @throws Failure('StoreUnavailable') while the clocks are apart */
async function whenAgreed<T>({ problem }: Clocks, work: () => Promise<T>): Promise<T> {
  const why = problem();
  if (why !== null) throw new Failure('StoreUnavailable', why);
  return work();
}

/** A store that takes nothing, neither what was read nor what was refused, while the clocks are apart: whatever brings it comes again. */
export const whileClocksAgree = (store: IngestStore, clocks: Clocks): IngestStore => ({
  ...store,
  recordEvents: (...given) => whenAgreed(clocks, () => store.recordEvents(...given)),
  recordFeedback: (...given) => whenAgreed(clocks, () => store.recordFeedback(...given)),
  recordPairs: (...given) => whenAgreed(clocks, () => store.recordPairs(...given)),
  recordStreams: (...given) => whenAgreed(clocks, () => store.recordStreams(...given)),
  setAside: (...given) => whenAgreed(clocks, () => store.setAside(...given)),
});

export const alertsWhileClocksAgree = (store: AlertStore, clocks: Clocks): AlertStore => ({
  ...store,
  record: (...given) => whenAgreed(clocks, () => store.record(...given)),
});
