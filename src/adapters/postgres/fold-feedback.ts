/** What new feedback adds to the windows, and which observation is the first of its unit: of a service at large, or of an experiment. */
import { ARMS } from '../../domain/window.ts';
import type { FeedbackEvent } from '../../ports/windows.ts';
import { listedMetrics, windowMsOf } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { rememberProviders } from './experiment-providers.ts';
import { returningControls } from './experiment-controls.ts';
import { firstOfExperiments, type FirstInArm } from './experiment-units.ts';
import { firstOfUnits } from './unit-first.ts';
import { eachObservation, windowStartMs, type WindowBatch } from './window-rows.ts';

/** Whether the event is of an arm of an experiment: the others are `stable` and `candidate`. */
const isOfExperiment = ({ data }: FeedbackEvent): boolean => !ARMS.some((arm) => arm === data.arm);

/** Adds events that were never seen to `batch`, which the caller writes, in the caller's transaction. */
export async function foldEvents(
  tx: Queryable,
  events: readonly FeedbackEvent[],
  blocks: ReadonlyMap<string, number>,
  batch: WindowBatch,
): Promise<void> {
  if (events.length === 0) return;
  const ofExperiments = events.filter(isOfExperiment);
  const controls = await returningControls(tx, ofExperiments);
  const isFirst = await firstOfUnits(
    tx,
    events.filter((event) => !isOfExperiment(event) || controls.has(event)),
    blocks,
    controls,
  );
  const firstInExperiment = await firstOfExperiments(tx, ofExperiments, blocks);
  const withMetrics = events.filter(({ data }) => data.metrics !== undefined);
  const listed =
    withMetrics.length === 0
      ? new Map<string, readonly string[]>()
      : await listedMetrics(
          tx,
          withMetrics.map(({ data }) => data.service),
        );
  for (const event of events) {
    const { service, arm, generation, task_type, timestamp } = event.data;
    const windowMs = windowMsOf(blocks, service);
    const windowStart = windowStartMs(Date.parse(timestamp), windowMs);
    const first = isOfExperiment(event) ? firstInExperiment(event) : toArms(isFirst(event), arm);
    const place = {
      serviceId: service,
      windowStartMs: windowStart,
      windowMs,
      arm,
      generation,
      taskType: task_type,
    };
    const windows = batch.at(place);
    const hourly = controls.has(event) ? isFirst(event) : null;
    eachObservation(event.data, listed.get(service) ?? [], (metric, value) => {
      const firstIn = metric === 'quality' ? first.labelArm : first.exposureArm;
      windows.observe(metric, value, firstIn === arm);
      // The unit was moved since its first exposure.
      if (firstIn !== null && firstIn !== arm)
        batch.at({ ...place, arm: firstIn }).observeFirst(metric, value);
      if (metric === 'quality' ? hourly?.label : hourly?.exposure)
        batch.at({ ...place, arm: 'stable' }).observeFirst(metric, value);
    });
  }
  await rememberProviders(tx, ofExperiments, blocks);
}

const toArms = (
  { exposure, label }: { readonly exposure: boolean; readonly label: boolean },
  arm: string,
): FirstInArm => ({ exposureArm: exposure ? arm : null, labelArm: label ? arm : null });
