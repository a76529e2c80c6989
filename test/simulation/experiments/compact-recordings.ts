/** `npx tsx test/simulation/experiments/compact-recordings.ts DIR`: makes the recordings in `data` out of their sources. The same input gives the same bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('DIR must name the folder of the sources');

type Row = Readonly<Record<string, string>>;

const rowsOf = (path: string): readonly Row[] => {
  const [head, ...lines] = readFileSync(join(folder, path), 'utf8').trimEnd().split('\n');
  const names = head!.trimEnd().split(',');
  return lines.map((line) => {
    const values = line.trimEnd().split(',');
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
  });
};

const write = (name: string, lines: readonly string[]): void =>
  writeFileSync(join(import.meta.dirname, 'data', name), gzipSync(`${lines.join('\n')}\n`, { level: 9 }));

const grouped = (rows: readonly Row[], keys: readonly string[]): ReadonlyMap<string, readonly Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keys.map((name) => row[name]).join(',');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
};

const temperatures = Array.from({ length: 17 }, (_, i) => (i / 10).toFixed(1));
const questions = grouped(rowsOf('temperature/observations.csv'), [
  'model',
  'exam',
  'prompt_technique',
  'problem_id',
]);
write('temperature.csv.gz', [
  ['model', 'exam', 'technique', 'question', ...temperatures.map((t) => `t${t}`)].join(','),
  ...[...questions].map(([key, rows]) => {
    const right = temperatures.map(
      (t) => rows.find((row) => row['temperature'] === t)?.['attempts_correct'] ?? '',
    );
    return [key, ...right].join(',');
  }),
]);

const paraphrases = rowsOf('prompts/paraphrase_accuracy.csv').filter(
  (row) => row['is_correct_paraphrase'] === 'True',
);
write('paraphrases.csv.gz', [
  'benchmark,task,model,accuracies',
  ...[...grouped(paraphrases, ['benchmark', 'task', 'model'])].map(
    ([key, rows]) => `${key},${rows.map((row) => row['accuracy']).join(' ')}`,
  ),
]);
