/**
 * Driver for the MLflow AI gateway: the endpoint named by `orchestrator.route` (or after the service) splits its requests between the
 * model definitions of the two arms. A definition, with its key, is made by an operator; the driver only names it and sets weights.
 *
 * What MLflow does not have, and what that means here: no fence (the mark is a tag of the endpoint), no lease (a watchdog, or accepted
 * as unleased), no compare-and-swap (an editor between our read and our write may be overwritten), no stickiness, and a cache that
 * serves the old split for up to a minute after an answer of 200: the share gate waits for the traffic.
 */
import { createHash } from 'node:crypto';
import { Failure, type Problem } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import { configurationHash, type ServiceState } from '../../contract/index.ts';
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
import { createGatewayApi, type Endpoint, type ModelMapping } from './gateway-api.ts';

export interface MlflowOptions {
  /** Base address of the MLflow server, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Name of the endpoint; the service's id by default. */
  readonly route?: string;
  /** Value of the authorization header, from the worker's environment. */
  readonly authorization?: string | null;
  /** For a whole answer; 5 s by default. */
  readonly timeoutMs?: number;
  /** Milliseconds since the epoch; the wall clock by default. */
  readonly clock?: () => number;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** The configuration cache lives for 60 s unless the server was told otherwise; weights are cut to whole per cents. */
const CAPABILITIES: Capabilities = {
  compareAndSwap: false,
  leased: false,
  sticky: false,
  live: true,
  convergenceMs: 60_000,
  smallestWeightPct: 1,
};

export const MARK_TAG = 'llm-optimizer';

/** MLflow's limit for the value of a tag. */
const LONGEST_MARK = 5_000;

/**
 * MLflow computes int(weight * 100), in floating point: .29 would become 28. A hair more than the per cent survives the cut and does
 * not change it.
 */
const weightOf = (pct: number): number => (pct + 0.001) / 100;

export function createMlflowOrchestrator(options: MlflowOptions): Orchestrator {
  return createMarkedOrchestrator(createMlflowProduct(options), options.clock ?? Date.now);
}

export function createMlflowProduct(options: MlflowOptions): MarkedProduct {
  const { url, authorization = null, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const api = createGatewayApi({ url, authorization, timeoutMs });
  const exclusive = inTurn();
  const find = (serviceId: string): Promise<Endpoint | null> => api.endpoint(options.route ?? serviceId);

  return {
    capabilities: CAPABILITIES,
    exclusive,
    load: async (serviceId) => {
      const endpoint = await find(serviceId);
      return endpoint && loadedOf(endpoint, options.route ?? serviceId);
    },
    validate: async (serviceId, configuration) => {
      const names = (await api.modelDefinitions(`validate for ${serviceId}`)).map(({ name }) => name);
      return problemsOf(configuration, names);
    },
    store: async (serviceId, before, after) => {
      const endpoint = await find(serviceId);
      if (!endpoint || loadedOf(endpoint, options.route ?? serviceId).version !== before.version) {
        throw new Failure(
          'OrchestratorUnavailable',
          `endpoint of ${serviceId} was changed while it was written`,
        );
      }
      const wanted = servedBy(after);
      const mark = (unfinished: readonly ServiceState[]) =>
        api.setTag(endpoint, MARK_TAG, fitting(writeMark(after, unfinished, takenAwayOf(before, after))));
      if (driftOf(after, before.served) !== null) {
        await mark(unfinishedOf(before, after));
        await api.setLinkages(endpoint, {
          primary: await primaryOf(wanted, `write endpoint of ${serviceId}`),
          fallback: endpoint.model_mappings.filter(isFallback),
          fallbackConfig: endpoint.fallback_config,
        });
      }
      await mark([]);
    },
  };

  async function primaryOf({ stable, candidate, weightPct }: Served, what: string) {
    const known = await api.modelDefinitions(what);
    const linkage = (configuration: Configuration, pct: number) => {
      const definition = known.find(({ name }) => name === configuration['model']);
      if (definition) return { modelDefinitionId: definition.model_definition_id, weight: weightOf(pct) };
      throw new Failure(
        'OrchestratorRejected',
        `${what}: MLflow has no model definition ${configuration['model'] ?? ''} any more`,
      );
    };
    return candidate === null
      ? [linkage(stable, 100)]
      : [linkage(stable, 100 - weightPct), linkage(candidate, weightPct)];
  }
}

const isFallback = ({ linkage_type }: ModelMapping): boolean => linkage_type === 'FALLBACK';

function problemsOf(configuration: Configuration, definitions: readonly string[]): readonly Problem[] {
  return Object.entries(configuration).flatMap(([field, value]) => {
    if (field !== 'model') {
      return [{ field, value, expected: 'model alone: MLflow keeps no other part of a configuration' }];
    }
    const known = definitions.length > 0 ? definitions.join(', ') : 'none yet';
    return definitions.includes(value)
      ? []
      : [{ field, value, expected: `the name of a model definition in MLflow: ${known}` }];
  });
}

/** @throws Failure OrchestratorRejected for an endpoint that routes in a way that two arms cannot express */
function loadedOf(endpoint: Endpoint, name: string): Loaded {
  const text = endpoint.tags.find(({ key }) => key === MARK_TAG)?.value ?? null;
  const marked = readMark(text, `tag ${MARK_TAG} of endpoint ${name}`);
  const primary = endpoint.model_mappings.filter((mapping) => !isFallback(mapping));
  const arms = primary.map((mapping) => ({
    model: mapping.model_definition?.name ?? mapping.model_definition_id,
    pct: Math.round(mapping.weight * 100),
  }));
  if (arms.length === 0 || arms.length > 2) {
    throw new Failure(
      'OrchestratorRejected',
      `endpoint ${name} routes to ${arms.length} primary models, expected one, or two while a change is tried`,
    );
  }
  const candidate = candidateOf(arms, marked);
  const stable = arms.find((arm) => arm !== candidate) ?? arms[0];
  const total = arms.reduce((sum, { pct }) => sum + pct, 0);
  const split = endpoint.routing_strategy === 'REQUEST_BASED_TRAFFIC_SPLIT';
  const served: Served = {
    stable: { model: stable?.model ?? '' },
    candidate: candidate ? { model: candidate.model } : null,
    // Without a split MLflow asks the first model alone.
    weightPct: candidate ? sharePct(split, candidate === arms[0], candidate.pct, total) : 0,
  };
  const version = createHash('sha256')
    .update(JSON.stringify([text, endpoint.model_mappings]))
    .digest('hex');
  return { ...marked, served, version };
}

function sharePct(split: boolean, first: boolean, pct: number, total: number): number {
  if (!split) return first ? 100 : 0;
  return total === 0 ? 0 : (100 * pct) / total;
}

interface Arm {
  readonly model: string;
  readonly pct: number;
}

/**
 * Of two models the one that the mark tries, or tried before a half-done write; else the one that is not the marked stable; else one that was
 * taken away; else the rarer.
 */
function candidateOf(
  arms: readonly Arm[],
  { mark, unfinished = [], takenAway = [] }: Pick<Loaded, 'mark' | 'unfinished' | 'takenAway'>,
): Arm | undefined {
  if (arms.length < 2) return undefined;
  const named = (model: string | undefined) => arms.find((arm) => arm.model === model);
  const tried = [mark, ...unfinished]
    .map((state) => named(state?.candidate?.version.configuration['model']))
    .find((arm) => arm !== undefined);
  if (tried) return tried;
  const stable = named(mark?.stable.configuration['model']);
  if (stable) return arms.find((arm) => arm !== stable);
  const gone = takenAway.map(({ hash }) => hash);
  const back = arms.find(({ model }) => gone.includes(configurationHash({ model })));
  return back ?? [...arms].sort((a, b) => a.pct - b.pct)[0];
}

function fitting(text: string): string {
  if (text.length <= LONGEST_MARK) return text;
  throw new Failure(
    'OrchestratorRejected',
    `the mark has ${text.length} characters, MLflow keeps ${LONGEST_MARK}`,
  );
}
