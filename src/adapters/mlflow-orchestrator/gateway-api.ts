/** The calls of MLflow's gateway API that the driver makes, and the parts of their answers that it reads (MLflow 3.17). */
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { createProductApi } from '../marked/index.ts';

const definitionSchema = z.object({
  model_definition_id: z.string(),
  name: z.string(),
  provider: z.string().optional(),
  model_name: z.string().optional(),
});
export type ModelDefinition = z.output<typeof definitionSchema>;

const mappingSchema = z.object({
  model_definition_id: z.string(),
  model_definition: definitionSchema.optional(),
  weight: z.number().default(1),
  linkage_type: z.string().optional(),
  fallback_order: z.number().optional(),
});
export type ModelMapping = z.output<typeof mappingSchema>;

const endpointSchema = z.object({
  endpoint_id: z.string(),
  name: z.string().optional(),
  model_mappings: z.array(mappingSchema).default([]),
  routing_strategy: z.string().optional(),
  fallback_config: z
    .object({ strategy: z.string().optional(), max_attempts: z.number().optional() })
    .optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string().optional() })).default([]),
});
export type Endpoint = z.output<typeof endpointSchema>;

/** What of an endpoint is replaced as a whole: every linkage that it is to have. */
export interface Linkages {
  readonly primary: readonly { readonly modelDefinitionId: string; readonly weight: number }[];
  /** As they were found: they are the operator's. */
  readonly fallback: readonly ModelMapping[];
  readonly fallbackConfig: Endpoint['fallback_config'];
}

export interface GatewayApi {
  /** Null: there is no endpoint of this name. */
  endpoint(name: string): Promise<Endpoint | null>;
  modelDefinitions(what: string): Promise<readonly ModelDefinition[]>;
  setLinkages(endpoint: Endpoint, linkages: Linkages): Promise<void>;
  setTag(endpoint: Endpoint, key: string, value: string): Promise<void>;
}

const ROOT = '/api/3.0/mlflow/gateway';

export function createGatewayApi(options: {
  readonly url: string;
  readonly authorization: string | null;
  readonly timeoutMs: number;
}): GatewayApi {
  const api = createProductApi({ product: 'MLflow', ...options });
  return {
    endpoint: async (name) => {
      const path = `${ROOT}/endpoints/get?name=${encodeURIComponent(name)}`;
      try {
        const answer = await api.call(
          { what: `read endpoint ${name}`, method: 'GET', path },
          z.object({ endpoint: endpointSchema }),
        );
        return answer.endpoint;
      } catch (error) {
        if (error instanceof Failure && error.type === 'UnknownService') return null;
        throw error;
      }
    },
    modelDefinitions: async (what) => {
      const answer = await api.call(
        { what, method: 'GET', path: `${ROOT}/model-definitions/list` },
        z.object({ model_definitions: z.array(definitionSchema).default([]) }),
      );
      return answer.model_definitions;
    },
    setLinkages: async ({ endpoint_id, name }, { primary, fallback, fallbackConfig }) => {
      const body = {
        endpoint_id,
        routing_strategy: 'REQUEST_BASED_TRAFFIC_SPLIT',
        model_configs: [
          ...primary.map(({ modelDefinitionId, weight }) => ({
            model_definition_id: modelDefinitionId,
            linkage_type: 'PRIMARY',
            weight,
          })),
          ...fallback.map((each) => ({
            model_definition_id: each.model_definition_id,
            linkage_type: 'FALLBACK',
            weight: each.weight,
            ...(each.fallback_order !== undefined && { fallback_order: each.fallback_order }),
          })),
        ],
        ...(fallbackConfig && { fallback_config: fallbackConfig }),
      };
      const what = `write endpoint ${name ?? endpoint_id}`;
      await api.call({ what, method: 'POST', path: `${ROOT}/endpoints/update`, body }, z.unknown());
    },
    setTag: async ({ endpoint_id, name }, key, value) => {
      const what = `mark endpoint ${name ?? endpoint_id}`;
      const body = { endpoint_id, key, value };
      await api.call({ what, method: 'POST', path: `${ROOT}/endpoints/set-tag`, body }, z.unknown());
    },
  };
}
