/**
 * Where the stories are shown: lines that stay, and a live part that is redrawn in a terminal. Without a terminal the live
 * part is printed as a plain line when it has something new to say, every few seconds at most.
 */
import logUpdate from 'log-update';

export interface Screen {
  /** A line that stays. */
  line(text?: string): void;
  /** The live part. `plain` is the one line that stands for it where there is no terminal. */
  live(lines: readonly string[], plain: string): void;
  /** Ends the live part. */
  settle(): void;
}

const PLAIN_EVERY_MS = 5_000;

export function createScreen(out: NodeJS.WriteStream, nowMs: () => number): Screen {
  const terminal = out.isTTY;
  let lastPlain = '';
  let lastPlainMs = 0;
  return {
    line: (text = '') => {
      if (terminal) logUpdate.clear();
      out.write(`${text}\n`);
    },
    live: (lines, plain) => {
      if (terminal) {
        logUpdate(lines.join('\n'));
      } else if (plain !== lastPlain && nowMs() - lastPlainMs >= PLAIN_EVERY_MS) {
        out.write(`${plain}\n`);
        [lastPlain, lastPlainMs] = [plain, nowMs()];
      }
    },
    settle: () => {
      if (terminal) logUpdate.clear();
    },
  };
}
