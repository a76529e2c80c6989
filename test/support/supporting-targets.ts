/**
 * Supporting targets for tests and proofs: a cache that reads a file, and limits and prompts behind reference gateways of their own,
 * which can be killed and started again on the same port and folder.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { createCompositeOrchestrator } from '../../src/adapters/composite-orchestrator/index.ts';
import { createFileOrchestrator } from '../../src/adapters/file-orchestrator/index.ts';
import { createRestOrchestrator } from '../../src/adapters/rest-orchestrator/index.ts';
import type { SupportingTarget } from '../../src/domain/gateway-target.ts';
import type { Configuration } from '../../src/domain/orchestrator-wire.ts';
import { startGateway, type Gateway, type Upstream } from '../../src/gateway/index.ts';
import type {
  CandidateWrite,
  Orchestrator,
  OrchestratorFor,
  RemoveCandidate,
  StableWrite,
} from '../../src/ports/orchestrator.ts';
import { reservePort } from './ports.ts';

/** Longer than any pause of a busy machine: that one is away is seen at once, by its closed port. */
const PATIENCE_MS = 60_000;

/** Takes every configuration, and answers nothing: only what it serves is looked at. */
const upstream: Upstream = {
  validate: () => [],
  complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
};

/** A reference gateway that dies and comes back. */
export class MortalGateway {
  readonly #folder: string;
  #running: Gateway | null = null;
  readonly #port: number;
  #clock: () => number;

  private constructor(folder: string, port: number, clock: () => number) {
    this.#folder = folder;
    this.#port = port;
    this.#clock = clock;
  }

  static async start(clock: () => number): Promise<MortalGateway> {
    const gateway = new MortalGateway(await mkdtemp(join(tmpdir(), 'target-')), await reservePort(), clock);
    await gateway.revive();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async kill(): Promise<void> {
    const dying = this.#running;
    this.#running = null;
    await dying?.close();
  }

  async revive(): Promise<void> {
    if (this.#running) return;
    this.#running = await startGateway({
      host: '127.0.0.1',
      port: this.#port,
      stateDir: this.#folder,
      upstream,
      emitters: [],
      logger: pino({ level: 'silent' }),
      clock: () => this.#clock(),
    });
  }

  /** Puts a service on it, stable alone at (1, 0). */
  async create(serviceId: string, configuration: Configuration): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/configurations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        service_id: serviceId,
        configuration,
        deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
        generation: 1,
        revision: 0,
        idempotency_key: 'create',
      }),
    });
    if (!answer.ok) throw new Error(`create answered ${answer.status}: ${await answer.text()}`);
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export interface Supporting {
  readonly limits: MortalGateway;
  readonly prompts: MortalGateway;
  readonly cacheFolder: string;
  readonly targets: readonly SupportingTarget[];
  close(): Promise<void>;
}

/** All three, with the service on them. */
export async function startSupporting(
  serviceId: string,
  model: string,
  clock: () => number,
): Promise<Supporting> {
  const [limits, prompts] = await Promise.all([MortalGateway.start(clock), MortalGateway.start(clock)]);
  await limits.create(serviceId, { model, rpm: '100' });
  await prompts.create(serviceId, { model, system_prompt: 'be kind' });
  const cacheFolder = await mkdtemp(join(tmpdir(), 'cache-'));
  await writeFile(
    join(cacheFolder, `${serviceId}.json`),
    JSON.stringify({
      format: 1,
      service_id: serviceId,
      unit: 'request',
      salt: 'cache',
      stable: { model, cacheTtlSeconds: '60' },
      candidate: null,
      weight_pct: 0,
      lease_expires_at: null,
    }),
  );
  return {
    limits,
    prompts,
    cacheFolder,
    targets: [
      { name: 'prompts', driver: 'rest', url: prompts.url, keys: ['system_prompt'] },
      { name: 'limits', driver: 'rest', url: limits.url, keys: ['rpm'] },
      { name: 'cache', driver: 'file', url: pathToFileURL(cacheFolder).href, keys: ['cacheTtlSeconds'] },
    ],
    close: async () => {
      await Promise.all([limits.close(), prompts.close()]);
      await rm(cacheFolder, { recursive: true, force: true });
    },
  };
}

/** Called before each call to a target; it may kill one. */
export type Hook = (url: string, what: string) => Promise<void>;

/** The real drivers over one clock, each call told first. */
export function driversOver(clock: () => number, hook: Hook = async () => undefined): OrchestratorFor {
  const told = (url: string, driver: Orchestrator): Orchestrator => {
    const before =
      <A extends unknown[], R>(what: string, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await hook(url, what);
        return call(...args);
      };
    return {
      capabilities: driver.capabilities,
      read: before('read', (serviceId: string) => driver.read(serviceId)),
      validate: before('validate', (...given: Parameters<Orchestrator['validate']>) =>
        driver.validate(...given),
      ),
      setCandidate: before('setCandidate', (write: CandidateWrite) => driver.setCandidate(write)),
      setStable: before('setStable', (write: StableWrite) => driver.setStable(write)),
      removeCandidate: before('removeCandidate', (write: RemoveCandidate) => driver.removeCandidate(write)),
    };
  };
  const find: OrchestratorFor = ({ driver, url, also }) => {
    if (also) return createCompositeOrchestrator({ driver, url, also }, find);
    return told(
      url,
      driver === 'file'
        ? createFileOrchestrator({ url, clock, lockTimeoutMs: PATIENCE_MS })
        : createRestOrchestrator({ url, timeoutMs: PATIENCE_MS }),
    );
  };
  return find;
}
