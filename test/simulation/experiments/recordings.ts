/** The recordings that experiments are played on, read from `data`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const linesOf = (name: string): readonly string[] =>
  gunzipSync(readFileSync(join(import.meta.dirname, 'data', name)))
    .toString('utf8')
    .trimEnd()
    .split('\n');

/** One exam question asked of one model: `right` by temperature (`0.7`), of ten answers. */
export interface Question {
  readonly model: string;
  readonly exam: string;
  readonly technique: string;
  readonly right: Readonly<Record<string, number>>;
}

export const ATTEMPTS = 10;

export const recordedQuestions = (): readonly Question[] => {
  const [head, ...lines] = linesOf('temperature.csv.gz');
  const temperatures = head!
    .split(',')
    .slice(4)
    .map((name) => name.slice(1));
  return lines.map((line) => {
    const [model, exam, technique, , ...counts] = line.split(',');
    const right = temperatures.flatMap((temperature, i) =>
      counts[i] === '' ? [] : [[temperature, Number(counts[i])] as const],
    );
    return { model: model!, exam: exam!, technique: technique!, right: Object.fromEntries(right) };
  });
};

/** One task done by one model, under many paraphrases of its instruction. */
export interface ParaphrasedTask {
  readonly task: string;
  readonly model: string;
  readonly accuracies: readonly number[];
}

export const recordedParaphrases = (): readonly ParaphrasedTask[] =>
  linesOf('paraphrases.csv.gz')
    .slice(1)
    .map((line) => {
      const [, task, model, accuracies] = line.split(',');
      return { task: task!, model: model!, accuracies: accuracies!.split(' ').map(Number) };
    });
