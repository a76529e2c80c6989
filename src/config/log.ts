/** The program's log: JSON lines, at a level from `LOG_LEVEL`. */
import pino, { type Logger } from 'pino';

export type { Logger };

/** What `LOG_LEVEL` may say, most first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * Throws RangeError naming the level when it is not one of `LOG_LEVELS`. Writes synchronously: a process that ends at once, or is killed, has written its last line.
 * @param destination file to write to, standard error when absent
 */
export function createLogger(level: string, destination?: string): Logger {
  if (!(LOG_LEVELS as readonly string[]).includes(level)) {
    throw new RangeError(`LOG_LEVEL: "${level}" is given, expected one of ${LOG_LEVELS.join(', ')}`);
  }
  return pino({ level, base: null }, pino.destination({ dest: destination ?? 2, sync: true, mkdir: true }));
}
