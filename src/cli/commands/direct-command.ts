/** `rollback SERVICE --direct`: finds the gateway, takes what is tried away, and writes it down or prints what to keep. */
import { parseOrFail } from '../../domain/validate.ts';
import { durationMs } from '../../domain/duration.ts';
import { Failure } from '../../domain/failure.ts';
import { servesStableAlone } from '../../domain/live-change.ts';
import { orchestratorSchema, targetOf, type GatewayTarget } from '../../domain/gateway-target.ts';
import { gatewayTargetOf } from '../../domain/supporting-target.ts';
import type { Answer, Cli } from './answer.ts';
import type { DirectRequest, DirectResult } from './direct-rollback.ts';
import { directEverywhere, type TargetResult } from './direct-targets.ts';
import { entryOf, writeDown, type DirectEntry } from './direct-entry.ts';
import type { Opened, Where } from './parts.ts';
import { servedBy } from './plan-view.ts';

export interface DirectOptions extends Where {
  readonly by: string;
  readonly reason: string;
  readonly gateway?: string;
  readonly driver?: GatewayTarget['driver'];
  readonly route?: string;
  readonly config?: string;
  readonly timeout: string;
}

/** How long a database that does not answer may hold the rollback up. */
const DATABASE_LIMIT_MS = 2_000;

export async function rollBackDirectly(cli: Cli, serviceId: string, options: DirectOptions): Promise<Answer> {
  const opened = cli.open(options);
  try {
    const known = await askDatabase(cli, options, () => knownOf(opened, serviceId));
    const target = targetFor(options, known);
    const request: DirectRequest = {
      serviceId,
      by: options.by,
      reason: options.reason,
      leaseGeneration: known.ok ? known.value.leaseGeneration : null,
      timeoutMs: durationMs(options.timeout),
    };
    const gateway = opened.ports.orchestratorFor(target);
    const results = await directEverywhere(gateway, request, cli);
    const entries = results.flatMap(({ name, outcome }) =>
      outcome.ok
        ? [{ name, ...outcome, entry: entryAt(name, request, target, outcome.result, cli.nowMs()) }]
        : [],
    );
    const written = await askDatabase(cli, options, async () => {
      for (const { entry } of entries) await writeDown(opened.ports, entry);
    });
    const lines = bookLines(
      written,
      entries.map(({ entry }) => entry),
    );
    const [route] = entries;
    if (!route || entries.length < results.length) throw notEverywhere(results, lines);
    const { before, after, fence, tries } = route.result;
    const others = entries.slice(1);
    return {
      text: [
        `Before: ${servedBy(before)}`,
        `After:  ${servedBy(after)}`,
        ...others.map(({ name, result }) => `${name}: ${servedBy(result.after)}`),
        servesStableAlone(before)
          ? 'No candidate was served. A rollout that comes back ends superseded and brings none.'
          : 'Verified: the gateway serves the stable configuration alone. A change that comes back ends superseded.',
        ...lines,
      ].join('\n'),
      json: {
        serviceId,
        before,
        after,
        fence,
        tries,
        audit: { written: written.ok, entry: route.entry },
        ...(others.length > 0 && {
          also: others.map(({ name, result, entry }) => ({ name, ...result, entry })),
        }),
      },
      ok: true,
    };
  } finally {
    void opened.close();
  }
}

/** The entry of one target: each needs an id of its own, and names its own address. */
function entryAt(
  name: string,
  request: DirectRequest,
  target: GatewayTarget,
  result: DirectResult,
  atMs: number,
): DirectEntry {
  const supporting = target.also?.find((each) => each.name === name);
  const entry = entryOf(request, supporting ?? target, result, atMs);
  return supporting ? { ...entry, id: `${entry.id}/${name}` } : entry;
}

/** What was taken back stays taken back; what was not is named, with how the others ended. */
function notEverywhere(results: readonly TargetResult[], lines: readonly string[]): Failure {
  const failures = results.flatMap(({ name, outcome }) => (outcome.ok ? [] : [{ name, ...outcome }]));
  const [first] = failures;
  if (first && results.length === 1) return first.failure;
  const told = results.map(({ name, outcome }) =>
    outcome.ok
      ? `${name}: verified, ${servedBy(outcome.result.after)}`
      : `${name}: ${outcome.failure.message}`,
  );
  return new Failure(
    first?.failure.type ?? 'OrchestratorUnavailable',
    [...told, ...(results.some(({ outcome }) => outcome.ok) ? lines : [])].join('\n'),
  );
}

function bookLines(written: Asked<void>, entries: readonly DirectEntry[]): readonly string[] {
  if (written.ok) return entries.map(({ id }) => `Audited as ${id}.`);
  return [
    `Not audited yet (${written.why}). Keep ${entries.length === 1 ? 'this line' : 'these lines'} in a file, for \`llm-optimizer audit import FILE\`:`,
    ...entries.map((entry) => JSON.stringify(entry)),
  ];
}

interface Known {
  readonly target: GatewayTarget | null;
  readonly leaseGeneration: number | null;
}

async function knownOf({ ports }: Opened, serviceId: string): Promise<Known> {
  const [service, lease] = await Promise.all([
    ports.services.get(serviceId),
    ports.leases.current(serviceId),
  ]);
  return {
    target: service ? gatewayTargetOf(service.settings) : null,
    leaseGeneration: lease?.generation ?? null,
  };
}

type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** Never throws and never takes long: nothing here may stand in a rollback's way. */
async function askDatabase<T>(cli: Cli, { database }: Where, ask: () => Promise<T>): Promise<Asked<T>> {
  if (database === undefined || database === '') return { ok: false, why: 'no database was named' };
  const late = cli.delay(DATABASE_LIMIT_MS).then(() => {
    throw new Error(`the database has not answered within ${DATABASE_LIMIT_MS} ms`);
  });
  try {
    return { ok: true, value: await Promise.race([ask(), late]) };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  } finally {
    late.catch(() => undefined);
  }
}

/** As given, or as the service's row has it. The driver follows from the address unless it is named. */
function targetFor({ gateway, driver, route, config }: DirectOptions, known: Asked<Known>): GatewayTarget {
  if (gateway !== undefined) {
    const named = driver ?? driverOf(gateway);
    const given = { driver: named, url: gateway, route, config };
    return targetOf(parseOrFail(orchestratorSchema, given, '--gateway and --driver'));
  }
  if (known.ok && known.value.target) return known.value.target;
  const why = known.ok ? 'the database knows no such service' : known.why;
  const expected = `the gateway's address, such as http://127.0.0.1:8081 (${why})`;
  throw new Failure('InvalidInput', `--gateway: is missing, expected ${expected}`, [
    { field: '--gateway', value: undefined, expected },
  ]);
}

function driverOf(url: string): GatewayTarget['driver'] {
  if (/^grpcs?:/u.test(url)) return 'grpc';
  return url.startsWith('file:') ? 'file' : 'rest';
}
