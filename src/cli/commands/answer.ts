/**
 * What a command answers, how it is printed, and with which exit code: 0 when it went as asked, 1 when it did not, 2 for wrong usage.
 * The only file that prints.
 */
import { CommanderError, type Command } from 'commander';
import Table from 'cli-table3';
import { Failure } from '../../domain/failure.ts';
import type { CliParts } from './parts.ts';

export interface Answer {
  /** For people. */
  readonly text: string;
  /** For machines: `--json` prints it. */
  readonly json: unknown;
  /** Whether it went as asked. */
  readonly ok: boolean;
}

export const EXIT = { ok: 0, failed: 1, wrongUsage: 2 } as const;

/** A command line being run: its parts, and the exit code so far. */
export interface Cli extends CliParts {
  exitCode: number;
}

/** Gives a command its `--json` and its action, whose answer or failure is printed. */
export function answering<O>(
  cli: Cli,
  command: Command,
  run: (argument: string, options: O) => Promise<Answer>,
): Command {
  return command
    .option('--json', 'print one JSON document, for machines', false)
    .action(async (...args: readonly unknown[]) => {
      const options = command.opts<O & { readonly json: boolean }>();
      const print = (text: string, json: unknown): void =>
        cli.out(`${options.json ? JSON.stringify(json, null, 2) : text}\n`);
      try {
        const answer = await run(typeof args[0] === 'string' ? args[0] : '', options);
        print(answer.text, answer.json);
        if (!answer.ok) cli.exitCode = EXIT.failed;
      } catch (error) {
        if (error instanceof CommanderError) throw error;
        const { type, message, problems } = told(error);
        cli.err(`${message}\n`);
        if (options.json) print('', { error: { type, message, problems } });
        cli.exitCode = EXIT.failed;
      }
    });
}

function told(error: unknown): Pick<Failure, 'message' | 'problems'> & { readonly type: string } {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'Unexpected', message, problems: [] };
}

/** A table without colours, also on a terminal: it is copied into tickets. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

/** A text of at most `length` characters. */
export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text;

export const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/u, 'Z');
