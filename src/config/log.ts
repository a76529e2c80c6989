/** The program's log: JSON lines, at a level from `LOG_LEVEL`. */
import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * Writes synchronously: a process that ends at once, or is killed, has written its last line.
 * @param destination file to write to, standard error when absent
 */
export function createLogger(level: string, destination?: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: destination ?? 2, sync: true, mkdir: true }));
}
