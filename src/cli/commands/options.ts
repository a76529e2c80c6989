/** Arguments and options that several commands share, and how their values are read. A value that cannot be read is wrong usage. */
import { readFileSync } from 'node:fs';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { parseDurationMs } from '../../domain/duration.ts';
import { Failure } from '../../domain/failure.ts';
import { serviceIdSchema } from '../../domain/service-settings.ts';
import type { Where } from './parts.ts';

export function serviceArgument(): Argument {
  return new Argument('<service>', 'id of the service, such as support-bot').argParser((text: string) => {
    const parsed = serviceIdSchema.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError(`Expected ${parsed.error.issues[0]?.message ?? ''}.`);
    return text;
  });
}

export function withTemporal(command: Command): Command {
  return command
    .addOption(
      new Option('--address <host:port>', 'Temporal frontend')
        .default('127.0.0.1:7233')
        .env('TEMPORAL_ADDRESS'),
    )
    .addOption(
      new Option('--namespace <name>', 'Temporal namespace').default('default').env('TEMPORAL_NAMESPACE'),
    );
}

export function withDatabase(command: Command): Command {
  return command.addOption(new Option('--database <url>', 'PostgreSQL of the optimizer').env('DATABASE_URL'));
}

/** Who does it and why: both are kept for ever. */
export function withPerson(command: Command, reason: 'reason' | 'no reason' = 'reason'): Command {
  const named = command.requiredOption('--by <name>', 'who does it, for the record', text);
  return reason === 'reason' ? named.requiredOption('--reason <text>', 'why, for the record', text) : named;
}

/** The servers, once the command needs the database. Throws InvalidInput naming the option. */
export function requireDatabase<W extends Partial<Where>>(where: W): W & { readonly database: string } {
  const { database } = where;
  if (database !== undefined && database !== '') return { ...where, database };
  const expected = 'a PostgreSQL URL, such as postgres://user:password@host:5432/optimizer (or DATABASE_URL)';
  throw new Failure('InvalidInput', `--database: is missing, expected ${expected}`, [
    { field: '--database', value: undefined, expected },
  ]);
}

/** Where nothing is asked of Temporal. */
export const withoutTemporal = (database: string): Where => ({
  address: '127.0.0.1:7233',
  namespace: 'default',
  database,
});

export function text(given: string): string {
  if (given.trim() === '') throw new InvalidArgumentError('Expected some text.');
  return given;
}

export function number(given: string): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

export function whole(given: string): number {
  const value = Number(given);
  if (given.trim() === '' || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  }
  return value;
}

/** `5,25,50,100`. Whether the steps make sense is said by admission. */
export function steps(given: string): number[] {
  const values = given.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  if (!values.every(Number.isFinite)) {
    throw new InvalidArgumentError('Expected per cents with commas between them, such as 5,25,50,100.');
  }
  return values;
}

export function durationText(given: string): string {
  if (parseDurationMs(given) === null) {
    throw new InvalidArgumentError('Expected a duration such as 15m (units ms, s, m, h, d).');
  }
  return given;
}

export function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(
      `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
