/** `fleet`: stops every change of every service, and lets them go on. A rollback is never in its way. */
import type { Command } from 'commander';
import type { AuditEntry } from '../../ports/stores.ts';
import { answering, timeOf, type Cli } from './answer.ts';
import { requireDatabase, withDatabase, withoutTemporal, withPerson } from './options.ts';

interface Options {
  readonly database?: string;
}

export function addFleet(cli: Cli, program: Command): void {
  const fleet = program
    .command('fleet')
    .summary('stop every change of every service')
    .description(
      'A pause of the fleet: no change starts or goes on, anywhere, until it is resumed. Rollbacks work all the same.',
    );
  const withFleet = async <T>(
    options: Options,
    use: (ports: ReturnType<Cli['open']>['ports']) => Promise<T>,
  ) => {
    const opened = cli.open(withoutTemporal(requireDatabase(options).database));
    try {
      return await use(opened.ports);
    } finally {
      await opened.close();
    }
  };

  const state = fleet
    .command('state')
    .summary('whether the fleet is paused')
    .description('Shows who paused it and why.');
  withDatabase(state);
  answering<Options>(cli, state, (_none, options) =>
    withFleet(options, async (ports) => {
      const pause = await ports.fleet.paused();
      const text = pause
        ? `Paused by ${pause.by} since ${timeOf(pause.atMs)}: ${pause.reason}`
        : 'Not paused.';
      return { text, json: { pause }, ok: true };
    }),
  );

  const pause = fleet
    .command('pause')
    .summary('pause every change of every service')
    .description(
      'Pauses the fleet. What serves a candidate goes on serving it at its weight; nothing goes further.',
    );
  withDatabase(withPerson(pause)).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer fleet pause --by ann --reason "release day"',
  );
  answering<Options & { readonly by: string; readonly reason: string }>(cli, pause, (_none, options) =>
    withFleet(options, async (ports) => {
      const { by, reason } = options;
      const made = { by, reason, atMs: cli.nowMs() };
      await ports.fleet.pause(made);
      await ports.audit.append(entryOf('fleetPaused', by, { reason }, made.atMs));
      return { text: 'The fleet is paused.', json: { pause: made }, ok: true };
    }),
  );

  const resume = fleet
    .command('resume')
    .summary('let changes go on')
    .description('Ends the pause of the fleet.');
  withDatabase(withPerson(resume, 'no reason')).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer fleet resume --by ann',
  );
  answering<Options & { readonly by: string }>(cli, resume, (_none, options) =>
    withFleet(options, async (ports) => {
      await ports.fleet.resume();
      await ports.audit.append(entryOf('fleetResumed', options.by, {}, cli.nowMs()));
      return { text: 'The fleet is not paused.', json: { pause: null }, ok: true };
    }),
  );
}

/** The whole fleet in the audit log: no service has this id. */
const FLEET = '*';

function entryOf(action: string, actor: string, detail: object, atMs: number): AuditEntry {
  return { id: `fleet/${action}/${atMs}/${actor}`, serviceId: FLEET, actor, action, detail, atMs };
}
