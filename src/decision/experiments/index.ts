/** The public names of what decides experiments: designed and sized before the start, judged at every look, concluded once. */
export type { PeriodWindow } from './block-of-window.ts';
export { concludeExperiment, type ToConclude } from './conclude-experiment.ts';
export { designOf, type DesignPieces } from './design-of.ts';
export {
  exploreSegments,
  type Segment,
  type SegmentExploration,
  type SegmentFinding,
} from './explore-segments.ts';
export { foldMsOf, pieceMsOf } from './fold-size.ts';
export { judgeLook, type Judgement, type LookInput } from './judge-look.ts';
export { planSizing } from './plan-sizing.ts';
export type { SizingBaseline, SizingInput } from './sizing-input.ts';
export { totalsOfWindow, type Totals } from './totals.ts';
