/** `service`: lists services, shows one, and adopts one from its file. */
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { adoptService } from '../../client/adopt-service.ts';
import { readServiceFile } from '../../config/read-service-file.ts';
import { canonicalJson } from '../../decision/index.ts';
import { Failure } from '../../domain/failure.ts';
import type { ConfigurationRecord } from '../../ports/stores.ts';
import { answering, table, timeOf, type Answer, type Cli } from './answer.ts';
import { requireDatabase, serviceArgument, text, withDatabase, withoutTemporal } from './options.ts';
import type { Opened } from './parts.ts';
import { servedBy } from './plan-view.ts';

interface Options {
  readonly database?: string;
}

export function addService(cli: Cli, program: Command): void {
  const service = program
    .command('service')
    .summary('which services there are, and how they are set')
    .description('Services and their settings. Nothing acts on a service before it is adopted.');

  const list = service.command('list').summary('all services').description('Lists all services.');
  withDatabase(list);
  answering<Options>(cli, list, (_none, options) => using(cli, options, listServices));

  const show = service
    .command('show')
    .summary('settings and configurations of one service')
    .description('Shows the settings of a service with every default, and the configurations it has had.')
    .addArgument(serviceArgument());
  withDatabase(show).addHelpText('after', '\nExample:\n  llm-optimizer service show support-bot');
  answering<Options>(cli, show, (id, options) => using(cli, options, (opened) => showService(opened, id)));

  const adopt = service
    .command('adopt')
    .summary('adopt a service, or replace its settings')
    .description(
      'Reads the settings from a YAML file. The first time it also records what the gateway serves now as the first stable configuration; later it only replaces the settings.',
    )
    .argument('<file>', 'settings of the service, YAML', text)
    .requiredOption('--by <name>', 'who does it, for the record', text);
  withDatabase(adopt).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer service adopt deploy/services/support-bot.yaml --by ann',
  );
  answering<Options & { readonly by: string }>(cli, adopt, (file, options) =>
    using(cli, options, (opened) => adoptFile(opened, file, options.by)),
  );
}

async function using(cli: Cli, options: Options, use: (opened: Opened) => Promise<Answer>): Promise<Answer> {
  const opened = cli.open(withoutTemporal(requireDatabase(options).database));
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

async function listServices({ ports }: Opened): Promise<Answer> {
  const services = await ports.services.list();
  const rows = services.map(({ serviceId, settings, adoptedAtMs }) => [
    serviceId,
    settings.mode,
    `${settings.orchestrator.driver} ${settings.orchestrator.url}`,
    adoptedAtMs === null ? 'not yet' : timeOf(adoptedAtMs),
  ]);
  const none = 'No service yet; adopt one: llm-optimizer service adopt FILE --by NAME';
  return {
    text: rows.length === 0 ? none : table(['service', 'mode', 'gateway', 'adopted'], rows),
    json: services,
    ok: true,
  };
}

async function showService({ ports }: Opened, serviceId: string): Promise<Answer> {
  const service = await ports.services.get(serviceId);
  if (!service) {
    const known = (await ports.services.list()).map((each) => each.serviceId).join(', ') || 'none yet';
    throw new Failure('UnknownService', `service: "${serviceId}" is given, expected one of: ${known}`, [
      { field: 'service', value: serviceId, expected: `one of: ${known}` },
    ]);
  }
  const configurations = await ports.configurations.list(serviceId);
  const lease = await ports.leases.current(serviceId);
  return {
    text: [
      stringify(service.settings).trimEnd(),
      '',
      `Adopted: ${service.adoptedAtMs === null ? 'not yet' : timeOf(service.adoptedAtMs)}`,
      `Held by: ${lease === null ? 'nobody' : lease.holder.workflowId}`,
      configurationTable(configurations),
    ].join('\n'),
    json: { ...service, lease, configurations },
    ok: true,
  };
}

function configurationTable(configurations: readonly ConfigurationRecord[]): string {
  return table(
    ['generation', 'status', 'model', 'brought by'],
    configurations.map(({ generation, status, body, source }) => [
      String(generation),
      status,
      body['model'] ?? 'unknown',
      source,
    ]),
  );
}

async function adoptFile({ ports }: Opened, file: string, by: string): Promise<Answer> {
  const settings = await readServiceFile(file);
  const known = await ports.services.get(settings.serviceId);
  const hash = (body: Readonly<Record<string, string>>) => ports.hash(canonicalJson(body));
  const live = await adoptService({ ...ports, hash }, settings, by);
  const adopted = known?.adoptedAtMs === null || known === null;
  const did = adopted ? 'is adopted' : 'was adopted before: its settings were replaced';
  return {
    text: `${settings.serviceId} ${did}. Served: ${servedBy(live)}.`,
    json: { serviceId: settings.serviceId, adopted, live },
    ok: true,
  };
}
