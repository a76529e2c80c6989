/**
 * A gateway with one service, and writers whose writes go over lines of their own. The clock is the test's, so that ten seconds later is now. It
 * judges nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createGrpcOrchestrator } from '../../../src/adapters/grpc-orchestrator/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { startGateway } from '../../../src/gateway/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { stubbornUpstream } from '../gateway/support.ts';
import { openLine, type Line } from './line.ts';

export type Transport = 'rest' | 'grpc';

const SERVICE = 'support-bot';
export const INCUMBENT = 'gpt-4o-2024-05-13';
export const CANDIDATE = 'gpt-4o-2024-08-06';
/** Longer than anything is held: a driver that gives up sends that too. */
const PATIENCE_MS = 60_000;

/** A write under way: `answer` says how it ended, in one word. */
export interface Sent {
  readonly line: Line;
  readonly answer: Promise<'taken' | 'refused'>;
}

/** What is written, by whoever holds generation 2 unless it says otherwise. */
export interface Wish {
  readonly generation?: number;
  readonly revision: number;
  readonly model?: string;
  readonly kind: 'candidate' | 'stable' | 'rollback';
  readonly weightPct?: number;
}

export interface Bench {
  readonly live: () => Promise<LiveConfiguration>;
  /** Sends a write over a line of its own; one that holds delivers nothing until it is released. */
  readonly send: (wish: Wish, line?: { readonly holds: boolean }) => Promise<Sent>;
  /** A write that arrives at once. */
  readonly write: (wish: Wish) => Promise<'taken' | 'refused'>;
  /** Time passes at the gateway. */
  readonly later: (ms: number) => void;
  readonly close: () => Promise<void>;
}

export async function openBench(transport: Transport): Promise<Bench> {
  const time = { nowMs: Date.now() };
  const stateDir = await mkdtemp(join(tmpdir(), 'fencing-'));
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    grpcPort: 0,
    stateDir,
    upstream: stubbornUpstream,
    emitters: [],
    logger: pino({ level: 'silent' }),
    clock: () => time.nowMs,
  });
  await seedGateway(gateway.url, { serviceId: SERVICE, model: INCUMBENT, unit: 'request' });
  const address = transport === 'rest' ? gateway.url : `grpc://${gateway.grpcAddress}`;
  const port = Number(/:(\d+)$/u.exec(address)?.[1]);
  const driver = (url: string): Orchestrator =>
    transport === 'rest'
      ? createRestOrchestrator({ url, timeoutMs: PATIENCE_MS })
      : createGrpcOrchestrator({ url, timeoutMs: PATIENCE_MS });
  const lines: Line[] = [];
  const send: Bench['send'] = async (wish, { holds } = { holds: false }) => {
    const line = await openLine(port, { holds });
    lines.push(line);
    const scheme = transport === 'rest' ? 'http' : 'grpc';
    const answer = perform(driver(`${scheme}://127.0.0.1:${line.port}`), wish).then(
      () => 'taken' as const,
      () => 'refused' as const,
    );
    if (holds) await line.held;
    else await answer;
    return { line, answer };
  };
  return {
    live: () => createRestOrchestrator({ url: gateway.url, timeoutMs: PATIENCE_MS }).read(SERVICE),
    send,
    write: async (wish) => (await send(wish)).answer,
    later: (ms) => void (time.nowMs += ms),
    close: async () => {
      await Promise.all(lines.map((line) => line.close()));
      await gateway.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function perform(
  driver: Orchestrator,
  { generation = 2, revision, kind, model = CANDIDATE, weightPct = 50 }: Wish,
): Promise<unknown> {
  const write = {
    serviceId: SERVICE,
    generation,
    revision,
    idempotencyKey: `rollout/${SERVICE}/${generation}/${revision}`,
    configuration: { model },
  };
  switch (kind) {
    case 'candidate':
      return driver.setCandidate({ ...write, weightPct, leaseMs: 600_000 });
    case 'stable':
      return driver.setStable(write);
    case 'rollback':
      return driver.removeCandidate({ ...write, reason: 'complaints' });
  }
}
