/** Whose a point is that leaves its arm, its generation or both out: as for a span, its model tells it. Pure. */
import type { Serving } from '../../ports/windows.ts';
import { attributed } from '../events/read-metric.ts';
import type { Place } from './attributes.ts';
import type { OtlpPoint } from './point.ts';

/** A point as far as it tells itself. `model`: that its attributes name, null without one. */
export type UntoldPoint = Omit<OtlpPoint, 'arm' | 'generation'> &
  Pick<Place, 'arm' | 'generation'> & { readonly model: string | null };

/** Services of points that leave something to be told. */
export const partlyTold = (points: readonly UntoldPoint[]): readonly string[] => [
  ...new Set(
    points
      .filter(({ arm, generation }) => arm === undefined || generation === undefined)
      .map(({ serviceId }) => serviceId),
  ),
];

export function tellPoint(
  { model, arm, generation, ...point }: UntoldPoint,
  serving: ReadonlyMap<string, Serving>,
): OtlpPoint {
  const { serviceId: service } = point;
  const attributes = { service, arm, generation, model: model ?? undefined };
  return { ...point, ...attributed({ attributes }, serving.get(service)) };
}
