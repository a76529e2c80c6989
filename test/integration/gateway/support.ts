/**
 * Helpers of the gateway's integration tests: writes as a client sends them, and an upstream for the tests of the control
 * plane, where no request is answered.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startGateway } from '../../../src/gateway/index.ts';
import type { Gateway, GatewayOptions, Upstream } from '../../../src/gateway/index.ts';

/** Of every service on the gateways of `gatewayFor`. */
export const SALT = 'salt';

export const silent = pino({ level: 'silent' });

/** Serves every model but `no-such-model`; what it answers is the test's business. */
export const stubbornUpstream: Upstream = {
  validate: ({ model }) =>
    model === 'no-such-model' ? [{ field: 'model', value: model, expected: 'a known model' }] : [],
  complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
};

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A gateway on a free port that ends with the test. Its salt is fixed: who is served what is the same in every run. */
export async function gatewayFor(options: Partial<GatewayOptions> & { stateDir: string }): Promise<Gateway> {
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: stubbornUpstream,
    emitters: [],
    logger: silent,
    newSalt: () => SALT,
    ...options,
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** The body of a configuration write for `support-bot`; IMMEDIATE at (1, 0) unless told otherwise. */
export function write(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    service_id: 'support-bot',
    configuration: { model: 'gpt-4o-2024-05-13' },
    deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
    generation: 1,
    revision: 0,
    idempotency_key: 'test',
    ...overrides,
  };
}

export function canary(weightPct: number, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return write({
    configuration: { model: 'claude-3-5-haiku-20241022' },
    deployment: { strategy: 'CANARY', initial_percentage: weightPct },
    generation: 2,
    ...overrides,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests look into bodies of many shapes; each assertion states the one it expects.
  readonly body: Record<string, unknown>;
}

export async function send(
  gateway: { readonly url: string },
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export const BASE = '/api/v1/configurations';
export const SERVICE = `${BASE}/support-bot`;
