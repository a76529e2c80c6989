// Reads the end of a server's log, for the one line that says why it failed.
import { readFileSync } from 'node:fs';
import { oneLine } from './errors.ts';

const SHOWN_CHARS = 300;

/** The last line that holds something, shortened; a remark when there is none. */
export function lastLine(logFile: string): string {
  try {
    const lines = readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return oneLine(lines.at(-1) ?? 'it wrote nothing').slice(0, SHOWN_CHARS);
  } catch {
    return 'it wrote no log';
  }
}
