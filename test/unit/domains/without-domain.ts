/** Public functions that cannot be called with a value outside their domain, each with the reason. */
export const withoutDomain: Readonly<Record<string, string>> = {
  adwinEstimate: 'reads what a state holds',
  emptyBetting: 'takes nothing',
  emptyCovariateMoments: 'takes nothing',
  emptyMoments: 'takes nothing',
  emptyOneSample: 'takes nothing',
  emptyRestartingTlg: 'takes nothing',
  emptyRunningInterval: 'takes nothing',
  emptySampleRatio: 'takes nothing',
  emptyStagedSampleRatio: 'takes nothing',
  emptyStats: 'takes a flag',
  emptyTlg: 'takes nothing',
  meanOf: 'any count and sum of stored statistics has a mean or none',
  sampleNormal: 'takes a stream only',
  signedSketchCount: 'sums the counts of a sketch',
  sketchCount: 'sums the counts of a sketch',
  uniformRandom: 'takes nothing',
};
