/**
 * Reads the replay's own CSV: a header line, commas, no quoting. Not a general CSV reader: a quote is an error.
 */
export type CsvRow = Readonly<Record<string, string>>;

/**
 * Rows as records by column name.
 * @throws RangeError naming the line that has another number of fields than the header, or a quote
 */
export function parseCsv(text: string): CsvRow[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/u, ''));
  const header = lines[0]?.split(',') ?? [];
  const rows: CsvRow[] = [];
  lines.slice(1).forEach((line, i) => {
    if (line === '') return;
    const fields = line.split(',');
    if (fields.length !== header.length || line.includes('"')) {
      throw new RangeError(`line ${i + 2}: ${fields.length} plain fields, expected ${header.length}`);
    }
    rows.push(Object.fromEntries(header.map((column, j) => [column, fields[j] ?? ''])));
  });
  return rows;
}

/**
 * The field as a number.
 * @throws RangeError when it is absent or not a finite number
 */
export function numberIn(row: CsvRow, column: string): number {
  const text = row[column];
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new RangeError(`${column}: ${text ?? 'absent'} is not a number`);
  return value;
}
