/** Public functions that cannot be called with a value outside their domain, each with the reason. */
export const withoutDomain: Readonly<Record<string, string>> = {
  emptyCovariateMoments: 'takes nothing',
  emptyStats: 'takes a flag',
  meanOf: 'any count and sum of stored statistics has a mean or none',
  signedSketchCount: 'sums the counts of a sketch',
  sketchCount: 'sums the counts of a sketch',
  uniformRandom: 'takes nothing',
};
