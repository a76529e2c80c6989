/** Where a process spends its time, by part of the program: from the profile that Node writes with `--cpu-prof`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of a `.cpuprofile` (Chrome DevTools Protocol, `Profiler.Profile`): times in µs. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The first that fits. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^\(idle\)/u, 'idle'],
  [/^\(garbage collector\)/u, 'garbage collection'],
  [/ingest\/log\/read-message\./u, 'JSON.parse of messages'],
  [/node:internal\/crypto/u, 'digests'],
  [/node_modules\/kafkajs/u, 'kafkajs'],
  [/node_modules\/pg/u, 'pg'],
  [/adapters\/kafka\//u, 'messages as ours'],
  [/src\/ingest\//u, 'reading events'],
  [/(src\/adapters\/postgres|src\/math)\//u, 'folding, and parameters of the statement'],
];
/** What only the thread that reads has run. */
const MAIN_THREAD = /ingest\/log\/take-batch\./u;
const OTHER = 'Node, and what else the process does';

/** Self time by part in ms, most first, between two moments after the start of the process. */
export function timeByPart(
  dir: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly (readonly [part: string, ms: number])[] {
  const ms = new Map<string, number>();
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Profile;
    // One of the loader's threads, which has nothing to do.
    if (!nodes.some(({ callFrame }) => MAIN_THREAD.test(callFrame.url))) continue;
    const parts = new Map(
      nodes.map(({ id, callFrame: { functionName, url } }) => {
        const place = `${functionName} ${url}`;
        return [id, PARTS.find(([of]) => of.test(place))?.[1] ?? OTHER];
      }),
    );
    let atUs = 0;
    for (const [i, sample] of samples.entries()) {
      const delta = timeDeltas[i] ?? 0;
      atUs += delta;
      if (atUs < fromMs * 1_000 || atUs > toMs * 1_000) continue;
      const part = parts.get(sample) ?? OTHER;
      ms.set(part, (ms.get(part) ?? 0) + delta / 1_000);
    }
  }
  return [...ms].sort(([, a], [, b]) => b - a);
}
