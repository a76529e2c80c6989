/**
 * Driver for a LiteLLM proxy in database mode (`STORE_MODEL_IN_DB`): two deployments under one model name, whose weights split the
 * requests. The mark is kept in the stable deployment's `model_info`.
 *
 * LiteLLM has no fence, no lease, no compare-and-swap and no stickiness. Other replicas read the database every 30 s by default, so a
 * read may be answered by one that is behind: what was written counts once the read-back and the traffic agree.
 */
import { createHash } from 'node:crypto';
import { configurationHash, type ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import type { Capabilities, Orchestrator } from '../../ports/orchestrator.ts';
import {
  createMarkedOrchestrator,
  driftOf,
  inTurn,
  readMark,
  servedBy,
  takenAwayOf,
  unfinishedOf,
  writeMark,
  type Loaded,
  type MarkedProduct,
  type Served,
} from '../marked/index.ts';
import { createAdminApi } from './admin-api.ts';
import {
  armsOf,
  candidateIdOf,
  configurationOf,
  connectionOf,
  MARK_KEY,
  markOf,
  paramsOf,
  problemsOf,
  removedParams,
  servedOf,
  type Arms,
} from './deployments.ts';

export interface LitellmOptions {
  /** Base address of the proxy, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The `model_name` that requests ask for; the service's id by default. */
  readonly route?: string;
  /** The master key, or another that may manage models. From the worker's environment, never from settings. */
  readonly key?: string | null;
  /** For a whole answer; 10 s by default: a write reloads the proxy's models before it is answered. */
  readonly timeoutMs?: number;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Weights are whole numbers in LiteLLM's own types. Replicas follow within 30 s by default. */
const CAPABILITIES: Capabilities = {
  compareAndSwap: false,
  leased: false,
  sticky: false,
  live: true,
  convergenceMs: 30_000,
  smallestWeightPct: 1,
};

export function createLitellmOrchestrator(options: LitellmOptions): Orchestrator {
  return createMarkedOrchestrator(createLitellmProduct(options), options.clock ?? Date.now);
}

export function createLitellmProduct(options: LitellmOptions): MarkedProduct {
  const { url, key = null, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const api = createAdminApi({ url, authorization: key === null ? null : `Bearer ${key}`, timeoutMs });
  const routeOf = (serviceId: string): string => options.route ?? serviceId;
  const find = async (what: string, serviceId: string): Promise<Arms | null> =>
    armsOf(await api.deployments(`${what} ${serviceId}`), routeOf(serviceId));

  return {
    capabilities: CAPABILITIES,
    exclusive: inTurn(),
    load: async (serviceId) => {
      const arms = await find('read', serviceId);
      return arms && loadedOf(arms, routeOf(serviceId));
    },
    validate: async (serviceId, configuration) => {
      const arms = await find('validate for', serviceId);
      return arms ? problemsOf(configuration, arms) : [];
    },
    store: async (serviceId, before, after) => {
      const route = routeOf(serviceId);
      const arms = await find('write', serviceId);
      if (!arms || loadedOf(arms, route).version !== before.version) {
        throw new Failure(
          'OrchestratorUnavailable',
          `the deployments of ${route} were changed while they were written`,
        );
      }
      const stableId = requireId(arms, route);
      const mark = (unfinished: readonly ServiceState[]) =>
        api.patch(stableId, {
          info: { [MARK_KEY]: writeMark(after, unfinished, takenAwayOf(before, after)) },
        });
      if (driftOf(after, before.served) === null) {
        await mark([]);
        return;
      }
      await mark(unfinishedOf(before, after));
      await serve(route, arms, servedBy(after));
      await mark([]);
    },
  };

  /**
   * The stable deployment first, always: one without a weight beside a candidate that has one would get no request at all, and when
   * the candidate goes there must be somebody to answer.
   */
  async function serve(route: string, arms: Arms, { stable, candidate, weightPct }: Served): Promise<void> {
    const candidateId = candidateIdOf(route);
    await api.patch(requireId(arms, route), {
      params: paramsOf(stable, 100 - weightPct),
      remove: removedParams(arms.stable.litellm_params, stable),
    });
    const kept =
      arms.candidate !== null &&
      candidate !== null &&
      configurationHash(configurationOf(arms.candidate)) === configurationHash(candidate);
    if (arms.candidate !== null && !kept) await api.delete(candidateId);
    if (candidate === null) return;
    if (kept) return api.patch(candidateId, { params: { weight: weightPct } });
    const params = { ...connectionOf(arms.stable), ...paramsOf(candidate, weightPct) };
    return api.create({ modelName: route, id: candidateId, params });
  }
}

function loadedOf(arms: Arms, route: string): Loaded {
  const text = markOf(arms.stable);
  const version = createHash('sha256')
    .update(JSON.stringify([text, servedOf(arms), arms.stable.model_info.id]))
    .digest('hex');
  return { ...readMark(text, `model_info.${MARK_KEY} of ${route}`), served: servedOf(arms), version };
}

function requireId({ stable }: Arms, route: string): string {
  const { id } = stable.model_info;
  if (id !== undefined) return id;
  throw new Failure('OrchestratorRejected', `the deployment of ${route} has no id in model_info`);
}
