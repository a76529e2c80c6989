/** A statistic that may not exist. Undefined is a type here, never NaN and never p = 0. */
export type Statistic<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** The statistic exists. */
export const defined = <T>(value: T): Statistic<T> => ({ ok: true, value });

/** There is no such statistic for this input; `reason` is a short phrase. */
export const undefinedBecause = (reason: string): Statistic<never> => ({ ok: false, reason });
