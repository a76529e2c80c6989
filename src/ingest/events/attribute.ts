/**
 * Whose an event is that names neither arm nor generation: gateways that are not ours know neither, they know a model and perhaps a
 * deployment. It is told by what is recorded as serving, when that leaves one answer; otherwise the event is refused, never guessed. Pure.
 */
import type { Problem } from '../../domain/failure.ts';
import type { Arm } from '../../domain/window.ts';
import type { Serving } from '../../ports/windows.ts';

type Data = Readonly<Record<string, unknown>>;

/** A LiteLLM deployment of ours is called so; any other of the service is the stable one. */
const CANDIDATE = /-candidate$/u;

const isData = (data: unknown): data is Data =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/** The service of an event that leaves its arm to be told; null when it names arm or generation itself. */
export function unattributedService(data: unknown): string | null {
  if (!isData(data) || 'arm' in data || 'generation' in data) return null;
  return typeof data['service'] === 'string' ? data['service'] : null;
}

/** The service of a metric of these attributes that leaves its arm, its generation or both to be told; null when it names both itself. */
export function partlyToldService(attributes: unknown): string | null {
  if (!isData(attributes)) return null;
  const { service, arm, variant, generation } = attributes;
  if ((arm ?? variant) !== undefined && generation !== undefined) return null;
  return typeof service === 'string' ? service : null;
}

/** The event's data with arm and generation, and without `deployment`; or why it cannot be told. */
export function attribute(
  data: unknown,
  serving: Serving | undefined,
): { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly problem: Problem } {
  if (!isData(data) || unattributedService(data) === null) return { ok: true, data };
  const { deployment, ...rest } = data;
  const arm = armOf(deployment, data['model'], serving);
  const known = arm === null ? null : serving?.[arm];
  if (arm === null || !known) return { ok: false, problem: unknownArm(data, serving) };
  return { ok: true, data: { ...rest, arm, generation: known.generation } };
}

function armOf(deployment: unknown, model: unknown, serving: Serving | undefined): Arm | null {
  if (!serving) return null;
  if (typeof deployment === 'string') {
    const arm = CANDIDATE.test(deployment) ? 'candidate' : 'stable';
    return serving[arm] ? arm : null;
  }
  const fits = (['stable', 'candidate'] as const).filter((arm) => serving[arm]?.model === model);
  return fits.length === 1 ? (fits[0] ?? null) : null;
}

function unknownArm({ model }: Data, serving: Serving | undefined): Problem {
  const one = (arm: Arm): string => `${arm} ${serving?.[arm]?.model ?? 'none'}`;
  const recorded = `${one('stable')}, ${one('candidate')}`;
  return {
    field: 'arm',
    value: undefined,
    expected: `arm and generation, or a model (${String(model)}) or deployment that one arm alone serves: ${recorded}`,
  };
}
