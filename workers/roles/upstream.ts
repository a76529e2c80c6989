/** What the `gateway` role serves from: a Portkey gateway when one is named, recorded outcomes otherwise. Wiring only. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { createPortkeyUpstream, readProviders } from '../../src/adapters/portkey/index.ts';
import type { Upstream } from '../../src/gateway/index.ts';
import { loadRecordedOutcomes } from '../../src/replay/index.ts';

export interface UpstreamFlags {
  readonly portkeyUrl?: string;
  readonly portkeyProviders?: string;
}

/** @throws Error naming the option that is missing, the file that cannot be read, or each problem in it by field */
export async function openUpstream(
  { portkeyUrl, portkeyProviders }: UpstreamFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Upstream> {
  if (portkeyUrl === undefined && portkeyProviders === undefined) {
    return loadRecordedOutcomes({}).upstream({ seed: 1, speed: 1 });
  }
  if (portkeyUrl === undefined)
    throw new Error('--portkey-url: is missing, expected beside --portkey-providers');
  if (portkeyProviders === undefined) {
    throw new Error('--portkey-providers: is missing, expected a YAML file beside --portkey-url');
  }
  const text = await readFile(portkeyProviders, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`--portkey-providers: "${portkeyProviders}" cannot be read: ${why}`);
  });
  return createPortkeyUpstream({ url: portkeyUrl, providers: readProviders(parse(text), env) });
}
