// The command `node dist/deploy/bootstrap.js`: prepares a Temporal namespace, or checks one. All it does is in `bootstrap/`.
import { Command, InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../src/domain/duration.ts';
import { bootstrap, checkBootstrap } from './bootstrap/index.ts';
import { runsAsCommand } from './runs-as-command.ts';

export {
  bootstrap,
  bootstrapCommand,
  checkBootstrap,
  FLEET_SWEEP,
  MAINTENANCE,
  RETENTION_DAYS,
  SEARCH_ATTRIBUTES,
  type BootstrapCheck,
  type BootstrapOptions,
  type BootstrapResult,
} from './bootstrap/index.ts';

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('Expected a duration such as 30s or 1m.');
  return ms;
}

interface Flags {
  readonly address: string;
  readonly namespace: string;
  readonly sweepEvery?: number;
  readonly jitter?: number;
  readonly maintenanceEvery?: number;
  readonly check?: boolean;
}

async function main(): Promise<void> {
  const { env } = process;
  const command = new Command('bootstrap')
    .description(
      'Prepares a Temporal namespace: retention, search attributes, the schedules of fleet sweep and maintenance. Safe to repeat.',
    )
    .option('--address <host:port>', 'Temporal frontend', env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233')
    .option('--namespace <name>', 'namespace', env['TEMPORAL_NAMESPACE'] ?? 'default')
    .option('--sweep-every <duration>', 'interval of the fleet sweep (1m unless given)', duration)
    .option(
      '--jitter <duration>',
      'random delay of each sweep (a tenth of the interval unless given)',
      duration,
    )
    .option('--maintenance-every <duration>', 'interval of the maintenance (1d unless given)', duration)
    .option('--check', 'change nothing, list what is missing, exit with 1 if anything is')
    .parse();
  const { address, namespace, sweepEvery, jitter, maintenanceEvery, check } = command.opts<Flags>();
  if (check === true) {
    const { missing } = await checkBootstrap({ address, namespace });
    console.log(missing.length === 0 ? 'Nothing is missing.' : `Missing: ${missing.join(', ')}.`);
    if (missing.length > 0) process.exitCode = 1;
    return;
  }
  const { changes } = await bootstrap({
    address,
    namespace,
    ...(sweepEvery !== undefined && { sweepEveryMs: sweepEvery }),
    ...(jitter !== undefined && { sweepJitterMs: jitter }),
    ...(maintenanceEvery !== undefined && { maintenanceEveryMs: maintenanceEvery }),
    onProgress: (line) => console.log(line),
  });
  if (changes.length === 0) console.log('All is as wanted; nothing was changed.');
}

if (runsAsCommand(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(`bootstrap: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
