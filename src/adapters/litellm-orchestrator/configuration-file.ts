/**
 * LiteLLM's `config.yaml`, read and changed in place: comments, order and everything that is not of the two arms stay as they are. A
 * reader sees the old file or the new one, never half of one.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isMap, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { replaceFile } from '../../gateway/durable-file.ts';
import type { Served } from '../marked/index.ts';
import {
  armsOf,
  candidateIdOf,
  connectionOf,
  deploymentSchema,
  MARK_KEY,
  paramsOf,
  removedParams,
  type Arms,
} from './deployments.ts';

export interface ConfigurationYaml {
  readonly document: Document;
  readonly arms: Arms;
  /** Changes whenever the file does. */
  readonly version: string;
  readonly mode: number;
}

const modelListSchema = z.object({ model_list: z.array(deploymentSchema) });

/** Told by a file and not by the admin API: a candidate may take them over. */
const KEYS = ['api_key', 'aws_access_key_id', 'aws_secret_access_key', 'vertex_credentials'];

/** Null: the file has no deployment of this model name. @throws Failure naming the file when it cannot be read as one */
export async function readConfiguration(path: string, route: string): Promise<ConfigurationYaml | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Failure(
      'OrchestratorUnavailable',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const document = parseDocument(text);
  const parsed = modelListSchema.safeParse(document.errors.length > 0 ? null : document.toJS());
  if (!parsed.success) {
    const why = document.errors[0]?.message.split('\n')[0] ?? parsed.error.issues[0]?.message ?? '';
    throw new Failure(
      'OrchestratorRejected',
      `${path}: cannot be read as a configuration of LiteLLM: ${why}`,
    );
  }
  const arms = armsOf(parsed.data.model_list, route);
  if (!arms) return null;
  const version = createHash('sha256').update(text).digest('hex');
  return { document, arms, version, mode: (await stat(path)).mode & 0o777 };
}

/** Writes both arms and the mark into the document, and the document to the file. */
export async function writeConfiguration(
  path: string,
  route: string,
  { document, arms, mode }: ConfigurationYaml,
  { wanted, mark }: { readonly wanted: Served; readonly mark: string },
): Promise<void> {
  const list = document.get('model_list');
  if (!isSeq(list)) throw new Failure('OrchestratorRejected', `${path}: model_list is no list`);
  const at = (isCandidate: boolean): number =>
    list.items.findIndex(
      (item) =>
        isMap(item) &&
        item.get('model_name') === route &&
        (item.getIn(['model_info', 'id']) === candidateIdOf(route)) === isCandidate,
    );
  const stable = list.items[at(false)] as YAMLMap;
  for (const [key, value] of Object.entries(paramsOf(wanted.stable, 100 - wanted.weightPct))) {
    stable.setIn(['litellm_params', key], value);
  }
  for (const key of removedParams(arms.stable.litellm_params, wanted.stable))
    stable.deleteIn(['litellm_params', key]);
  if (!isMap(stable.get('model_info'))) stable.set('model_info', document.createNode({}));
  stable.setIn(['model_info', MARK_KEY], mark);
  const candidateAt = at(true);
  if (candidateAt !== -1) list.delete(candidateAt);
  if (wanted.candidate !== null) {
    list.add(
      document.createNode({
        model_name: route,
        litellm_params: {
          ...connectionOf(arms.stable, KEYS),
          ...paramsOf(wanted.candidate, wanted.weightPct),
        },
        model_info: { id: candidateIdOf(route) },
      }),
    );
  }
  await replaceFile(path, document.toString({ lineWidth: 0 }), mode);
}
