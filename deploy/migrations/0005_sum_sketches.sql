-- Sum of many sketches, exact in the counts; null when there is none.
CREATE AGGREGATE sum_sketches(quantile_sketch) (
  SFUNC = merge_sketches,
  STYPE = quantile_sketch,
  COMBINEFUNC = merge_sketches,
  PARALLEL = SAFE
);
