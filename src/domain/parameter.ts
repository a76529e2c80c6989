/**
 * Parameters of a generation that may be tuned, with the bounds in which a change may set them. It says what is possible; what is sensible
 * is said by the ranges of a service and by `src/strategies/parameters`.
 */

/** `whole`: only whole numbers. `above`: the lower end itself is not allowed. */
export interface ParameterBounds {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
  readonly above?: true;
}

/**
 * As OpenAI's chat completions API has them; top-k as Anthropic's and Google's have it. Token and top-k limits have no upper end on the wire;
 * theirs here are beyond what any model of today takes.
 */
export const PARAMETERS = {
  temperature: { low: 0, high: 2, whole: false },
  topP: { low: 0, high: 1, whole: false, above: true },
  topK: { low: 1, high: 1_000, whole: true },
  maxTokens: { low: 1, high: 1_000_000, whole: true },
  frequencyPenalty: { low: -2, high: 2, whole: false },
  presencePenalty: { low: -2, high: 2, whole: false },
} as const satisfies Record<string, ParameterBounds>;

export type ParameterName = keyof typeof PARAMETERS;
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as readonly ParameterName[];

/** The least and the greatest value that may be tried. */
export type ParameterRanges = Readonly<Partial<Record<ParameterName, readonly [number, number] | undefined>>>;

/** In words, for errors: "more than 0, at most 1". */
export function boundsInWords({ low, high, whole, above }: ParameterBounds): string {
  const numbers = whole ? 'whole numbers ' : '';
  return above ? `${numbers}more than ${low}, at most ${high}` : `${numbers}${low} to ${high}`;
}

export function isWithin(value: number, { low, high, whole, above }: ParameterBounds): boolean {
  return (above ? value > low : value >= low) && value <= high && (!whole || Number.isInteger(value));
}
