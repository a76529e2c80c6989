/** Where one request goes by a trained router, and why. Pure; it neither learns nor remembers. */
import { expectAt } from './cross-fit.ts';
import type { Router } from './router.ts';
import { pickRoute } from './trade-off.ts';

/** Where a request goes, and what is expected of it there and at the incumbent. */
export interface Route {
  readonly model: string;
  readonly reason: string;
  readonly expectedQuality: number;
  readonly expectedCostUsd: number;
  readonly incumbentQuality: number;
  readonly incumbentCostUsd: number;
}

const reasonOf = (router: Router, route: Omit<Route, 'reason'>): string => {
  if (route.model === router.incumbent) {
    return router.qualityPerUsd === null
      ? 'no trade-off kept the quality of the incumbent'
      : 'nothing is worth more';
  }
  const points = (route.expectedQuality - route.incumbentQuality) * 100;
  const usd = (value: number): string => Number(value.toPrecision(3)).toString();
  return (
    `quality ${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)} points of ${router.incumbent}, ` +
    `cost ${usd(route.expectedCostUsd)} USD (${usd(route.incumbentCostUsd)})`
  );
};

/**
 * Routes one request. A pure lookup of some microseconds.
 * @param request.available the models that may be used now; all when left out. Without the incumbent, or without any model within the tolerance,
 * the best one that is left.
 * @throws RangeError naming `encoding` when the features come from another one, `features`, or `available` when no known model is left.
 */
export const routeRequest = (
  router: Router,
  {
    encoding,
    features,
    available,
  }: {
    readonly encoding: string;
    readonly features: readonly number[];
    readonly available?: readonly string[];
  },
): Route => {
  if (encoding !== router.encoding) {
    throw new RangeError(
      `encoding must be ${router.encoding}, which the router was trained on, got ${encoding}`,
    );
  }
  if (features.length !== router.quality.features || !features.every((value) => Number.isFinite(value))) {
    throw new RangeError(
      `features must be ${router.quality.features} finite numbers, got ${JSON.stringify(features)}`,
    );
  }
  const open = available === undefined ? null : router.models.map((model) => available.includes(model));
  if (open?.includes(true) === false)
    throw new RangeError('available must hold a model that the router knows');
  const expected = expectAt(router, features);
  const incumbent = router.models.indexOf(router.incumbent);
  const { qualityPerUsd, tolerance } = router;
  const chosen = pickRoute(expected, { incumbent, qualityPerUsd, tolerance }, open);
  const route = {
    model: router.models[chosen]!,
    expectedQuality: expected.quality[chosen]!,
    expectedCostUsd: expected.costUsd[chosen]!,
    incumbentQuality: expected.quality[incumbent]!,
    incumbentCostUsd: expected.costUsd[incumbent]!,
  };
  return { ...route, reason: reasonOf(router, route) };
};
