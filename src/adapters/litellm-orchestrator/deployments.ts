/**
 * How a service's two arms are deployments of LiteLLM under one model name: the one that was there is the stable one and carries our mark,
 * `<route>-candidate` is the candidate. Pure: it reads and words deployments, it calls nobody.
 *
 * A deployment's key and address stay with it: LiteLLM does not tell keys, so they cannot be moved. A change may therefore set
 * parameters and a model of the same provider.
 */
import { z } from 'zod';
import { Failure, type Problem } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { Served } from '../marked/index.ts';
import { overrideParams, parameterProblems } from '../portkey/index.ts';

/** `litellm_params` as `GET /model/info` (or the file) says them; keys are left out there. */
const paramsSchema = z.record(z.string(), z.unknown());
export type LitellmParams = Readonly<z.output<typeof paramsSchema>>;

export const deploymentSchema = z.object({
  model_name: z.string(),
  litellm_params: paramsSchema,
  model_info: z.looseObject({ id: z.string().optional() }).default({}),
});
export type Deployment = z.output<typeof deploymentSchema>;

/** Key of `model_info` under which the mark is kept, as a text. */
export const MARK_KEY = 'llm_optimizer';

/** What a candidate takes over from the stable deployment: where to ask and how to log in, never a price. */
const CONNECTION = [
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'custom_llm_provider',
  'litellm_credential_name',
  'region_name',
  'vertex_project',
  'vertex_location',
  'aws_region_name',
  'timeout',
  'stream_timeout',
  'max_retries',
];

/** Parameters of a request that a configuration may name; the rest of `litellm_params` is the operator's. */
const PARAMETERS = ['temperature', 'top_p', 'max_tokens', 'frequency_penalty', 'presence_penalty'];

export const candidateIdOf = (route: string): string => `${route}-candidate`;

/** Both arms of a model name. `candidate` is null when there is none. */
export interface Arms {
  readonly stable: Deployment;
  readonly candidate: Deployment | null;
}

/** Null: no deployment has this model name. @throws Failure OrchestratorRejected when several could be the stable one */
export function armsOf(deployments: readonly Deployment[], route: string): Arms | null {
  const ours = deployments.filter(({ model_name }) => model_name === route);
  const candidate = ours.find(({ model_info }) => model_info.id === candidateIdOf(route)) ?? null;
  const [stable, ...more] = ours.filter((each) => each !== candidate);
  if (!stable) return null;
  if (more.length > 0) {
    throw new Failure(
      'OrchestratorRejected',
      `model_name ${route} has ${more.length + 1} deployments besides a candidate, expected one: give the service a model_name of its own in orchestrator.route`,
    );
  }
  return { stable, candidate };
}

export const markOf = ({ model_info }: Deployment): string | null => {
  const mark = model_info[MARK_KEY];
  return typeof mark === 'string' ? mark : null;
};

export function configurationOf({
  litellm_params: params,
}: Pick<Deployment, 'litellm_params'>): Configuration {
  const set = PARAMETERS.filter((key) => params[key] !== undefined && params[key] !== null);
  return {
    model: String(params['model']),
    ...Object.fromEntries(set.map((key) => [key, String(params[key])])),
  };
}

/** What is served by the deployments' own words. Without any weight LiteLLM chooses evenly. */
export function servedOf({ stable, candidate }: Arms): Served {
  if (candidate === null) return { stable: configurationOf(stable), candidate: null, weightPct: 0 };
  const [a, b] = [weightOf(stable), weightOf(candidate)];
  const share = a + b === 0 ? 0.5 : b / (a + b);
  return {
    stable: configurationOf(stable),
    candidate: configurationOf(candidate),
    weightPct: Math.round(share * 1e8) / 1e6,
  };
}

const weightOf = ({ litellm_params: { weight } }: Deployment): number =>
  typeof weight === 'number' && weight > 0 ? weight : 0;

/** Model and parameters, with the weight: what a write sets of a deployment. */
export const paramsOf = (configuration: Configuration, weight: number): LitellmParams => ({
  ...overrideParams(configuration),
  weight,
});

/** Parameters that the deployment has and the configuration has not. */
export const removedParams = (from: LitellmParams, configuration: Configuration): readonly string[] =>
  PARAMETERS.filter(
    (key) => from[key] !== undefined && from[key] !== null && configuration[key] === undefined,
  );

/** The part of the stable deployment that a candidate takes over. `also` names what only a file tells. */
export const connectionOf = (stable: Deployment, also: readonly string[] = []): LitellmParams =>
  Object.fromEntries(
    [...CONNECTION, ...also]
      .map((key) => [key, stable.litellm_params[key]] as const)
      .filter(([, value]) => value !== undefined && value !== null),
  );

const providerOf = (model: string): string => (model.includes('/') ? model.slice(0, model.indexOf('/')) : '');

/** What LiteLLM cannot serve beside this stable deployment, by key. */
export function problemsOf(configuration: Configuration, { stable }: Arms): readonly Problem[] {
  const provider = providerOf(String(stable.litellm_params['model']));
  const { model = '', system_prompt: prompt, ...rest } = configuration;
  return [
    ...(model !== '' && providerOf(model) === provider
      ? []
      : [
          {
            field: 'model',
            value: model,
            expected: `a model of the same provider: ${provider || '(none named)'}/...`,
          },
        ]),
    ...(prompt === undefined
      ? []
      : [{ field: 'system_prompt', value: prompt, expected: 'none: a deployment of LiteLLM has no prompt' }]),
    ...parameterProblems({ model, ...rest }),
    ...Object.entries(rest)
      .filter(([key, value]) => PARAMETERS.includes(key) && String(Number(value)) !== value)
      .map(([field, value]) => ({
        field,
        value,
        expected: `the number as LiteLLM says it: ${Number(value)}`,
      })),
  ];
}
