/** The program's log: JSON lines, or readable ones for a person, at a level from `LOG_LEVEL`. */
import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * @param destination file to write to, standard error when absent
 */
export function createLogger(level: string, destination?: string): Logger {
  return pino({ level, base: null }, pino.destination({ dest: destination ?? 2, sync: false, mkdir: true }));
}
