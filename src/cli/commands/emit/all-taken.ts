/**
 * Whether an answer, as it is printed, says that all of what was sent was taken. A batch of which some was put aside (207) and an OTLP export with a
 * partial success are answered with a status below 300 (over gRPC, OK), and are no success of a command. Pure.
 */
export const allTaken = (answer: string): boolean =>
  /^(taken by |20[0-6]\b|OK\b)/u.test(answer) && !/"partialSuccess":\s*\{\s*"/u.test(answer);
