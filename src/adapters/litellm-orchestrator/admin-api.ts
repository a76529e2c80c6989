/** The calls of LiteLLM's admin API that the driver makes (database mode; names and shapes as in its source, version 1.108). */
import { z } from 'zod';
import type { FailureType } from '../../domain/failure.ts';
import { createProductApi } from '../marked/index.ts';
import { deploymentSchema, type Deployment, type LitellmParams } from './deployments.ts';

/** A partial write. LiteLLM merges `litellm_params` and `model_info` key by key into what is stored. */
export interface DeploymentPatch {
  readonly params?: LitellmParams;
  /** Removed by LiteLLM 1.110 and newer; an older one keeps them, which the read-back then tells. */
  readonly remove?: readonly string[];
  readonly info?: Readonly<Record<string, string>>;
}

export interface AdminApi {
  deployments(what: string): Promise<readonly Deployment[]>;
  create(deployment: {
    readonly modelName: string;
    readonly id: string;
    readonly params: LitellmParams;
  }): Promise<void>;
  patch(id: string, patch: DeploymentPatch): Promise<void>;
  delete(id: string): Promise<void>;
}

/** Said with status 500 by a proxy that can never do it: trying again would not help. */
const NO_DATABASE = /No DB Connected|DB not connected|STORE_MODEL_IN_DB/iu;

/** What a proxy without a database says of a key that is not its master key: it cannot look it up. */
const UNKNOWN_KEY = /no_db_connection/u;

function meaning(_status: number, text: string): FailureType | null {
  if (UNKNOWN_KEY.test(text)) return 'Unauthorized';
  return NO_DATABASE.test(text) ? 'OrchestratorRejected' : null;
}

export function createAdminApi(options: {
  readonly url: string;
  readonly authorization: string | null;
  readonly timeoutMs: number;
}): AdminApi {
  const api = createProductApi({ product: 'LiteLLM', meaning, ...options });
  const write = async (what: string, method: 'POST' | 'PATCH', path: string, body: object): Promise<void> => {
    await api.call({ what, method, path, body }, z.unknown());
  };
  return {
    deployments: async (what) => {
      const { data } = await api.call(
        { what, method: 'GET', path: '/model/info' },
        z.object({ data: z.array(deploymentSchema) }),
      );
      return data;
    },
    create: ({ modelName, id, params }) =>
      write(`create deployment ${id}`, 'POST', '/model/new', {
        model_name: modelName,
        litellm_params: params,
        model_info: { id },
      }),
    // Without its id a `model_info` would be given a new one.
    patch: (id, { params, remove = [], info }) =>
      write(`update deployment ${id}`, 'PATCH', `/model/${encodeURIComponent(id)}/update`, {
        ...(params && { litellm_params: params }),
        ...(remove.length > 0 && { litellm_params_to_remove: remove }),
        ...(info && { model_info: { id, db_model: true, ...info } }),
      }),
    delete: (id) => write(`delete deployment ${id}`, 'POST', '/model/delete', { id }),
  };
}
