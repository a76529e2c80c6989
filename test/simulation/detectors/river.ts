/** River's detectors on the very streams that ours get, where Python is to be had. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPython, type Available } from '../../support/python/python.ts';
import { summarise, type Measured } from './measure.ts';
import { AFTER_SHIFT, BEFORE_SHIFT, STATIONARY, type DrawnKind } from './streams.ts';

export const RIVER_DETECTORS = ['adwin', 'pageHinkley', 'kswin'] as const;
export type RiverDetector = (typeof RIVER_DETECTORS)[number];

/** Per kind of stream (`latency` and `cost` on logarithms, `latencyRaw` and `costRaw` as they are) what each detector did. */
export type RiverMeasured = Readonly<Record<string, Partial<Record<RiverDetector, Measured>>>>;

/** It takes most of a millisecond per value. */
const KSWIN = { stationary: 10_000, shifted: 5, before: 200, after: 800 };

type Told = Readonly<
  Record<
    string,
    Partial<
      Record<
        RiverDetector,
        {
          readonly falseAlarms: number;
          readonly observed: number;
          readonly delays: readonly (number | null)[];
        }
      >
    >
  >
>;

const summaries = (told: Told): RiverMeasured =>
  Object.fromEntries(
    Object.entries(told).map(([kind, detectors]) => [
      kind,
      Object.fromEntries(
        Object.entries(detectors).map(([name, { falseAlarms, observed, delays }]) => [
          name,
          summarise(falseAlarms, observed, delays),
        ]),
      ),
    ]),
  );

/** River with its default settings; runs beside us, in a process of its own. Where there is no Python, or
 * River fails in it: the reason, never an error. */
export const measureRiver = async (drawn: readonly DrawnKind[]): Promise<Available<RiverMeasured>> => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-streams-'));
  try {
    const file = join(folder, 'streams.f64');
    const streams = drawn.flatMap(({ stationary, shifted }) => [...stationary, ...shifted]);
    writeFileSync(file, Buffer.concat(streams.map(({ buffer }) => new Uint8Array(buffer))));
    const told = await runPython<Told>(join(import.meta.dirname, 'measure_river.py'), {
      file,
      kinds: drawn.map(({ kind, stationary, shifted }) => ({
        name: kind.name,
        log: kind.skewed,
        stationary: stationary.length,
        shifted: shifted.length,
      })),
      stationaryLength: STATIONARY,
      beforeShift: BEFORE_SHIFT,
      afterShift: AFTER_SHIFT,
      kswin: KSWIN,
    });
    return { ok: true, value: summaries(told) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
