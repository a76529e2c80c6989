/**
 * Which driver speaks to a service's gateway, with the keys that it needs: those come from this process's environment, and never travel
 * in settings or in a workflow. Wiring only.
 */
import { z } from 'zod';
import { createFileOrchestrator } from '../src/adapters/file-orchestrator/index.ts';
import { createGrpcOrchestrator } from '../src/adapters/grpc-orchestrator/index.ts';
import {
  createLitellmFileProduct,
  createLitellmProduct,
} from '../src/adapters/litellm-orchestrator/index.ts';
import { createMarkedOrchestrator, type MarkedProduct } from '../src/adapters/marked/index.ts';
import { createMlflowProduct } from '../src/adapters/mlflow-orchestrator/index.ts';
import { createRestOrchestrator } from '../src/adapters/rest-orchestrator/index.ts';
import type { Driver, GatewayTarget } from '../src/domain/gateway-target.ts';
import type { Orchestrator } from '../src/ports/orchestrator.ts';

type Env = Readonly<Record<string, string | undefined>>;

export function createDriver(target: GatewayTarget, env: Env = process.env): Orchestrator {
  const { driver, url } = target;
  switch (driver) {
    case 'rest':
      return createRestOrchestrator({ url });
    case 'grpc':
      return createGrpcOrchestrator({ url });
    case 'file':
      return createFileOrchestrator({ url });
    case 'litellm':
    case 'litellm-file':
    case 'mlflow':
    default:
      return createMarkedOrchestrator(PRODUCTS[driver](target, env), Date.now);
  }
}

type Leaseless = Exclude<Driver, 'rest' | 'grpc' | 'file'>;

const PRODUCTS: Readonly<Record<Leaseless, (target: GatewayTarget, env: Env) => MarkedProduct>> = {
  litellm: ({ url, route }, env) => createLitellmProduct({ url, ...routed(route), key: litellmKey(env) }),
  'litellm-file': ({ url, route, config = '' }, env) =>
    createLitellmFileProduct({
      url,
      config,
      ...routed(route),
      key: litellmKey(env),
      restart: restartCommand(env['LITELLM_RESTART']),
    }),
  mlflow: ({ url, route }, env) =>
    createMlflowProduct({ url, ...routed(route), authorization: mlflowAuthorization(env) }),
};

/** What a watchdog can watch; null: the gateway keeps its leases itself. */
export const productOf = (target: GatewayTarget, env: Env = process.env): MarkedProduct | null =>
  Object.hasOwn(PRODUCTS, target.driver) ? PRODUCTS[target.driver as Leaseless](target, env) : null;

const routed = (route: string | undefined) => (route === undefined ? {} : { route });

/** LiteLLM's own name for it. */
const litellmKey = (env: Env): string | null => env['LITELLM_MASTER_KEY'] ?? null;

/** MLflow's own names: a token, or a user with a password. */
function mlflowAuthorization(env: Env): string | null {
  const token = env['MLFLOW_TRACKING_TOKEN'];
  if (token !== undefined && token !== '') return `Bearer ${token}`;
  const user = env['MLFLOW_TRACKING_USERNAME'];
  if (user === undefined || user === '') return null;
  return `Basic ${Buffer.from(`${user}:${env['MLFLOW_TRACKING_PASSWORD'] ?? ''}`).toString('base64')}`;
}

const commandSchema = z.array(z.string().min(1)).min(1);

/** A JSON list, so that no shell has to take a text apart. @throws Error naming the variable */
function restartCommand(text: string | undefined): readonly string[] | null {
  if (text === undefined || text === '') return null;
  const parsed = commandSchema.safeParse(parsedJson(text));
  if (parsed.success) return parsed.data;
  throw new Error('LITELLM_RESTART: expected a JSON list, such as ["systemctl", "restart", "litellm"]');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
