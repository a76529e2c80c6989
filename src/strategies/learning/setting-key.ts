/** One name for one setting of parameters, whatever the order in which they are given. */
import { PARAMETER_NAMES } from '../../domain/parameter.ts';
import type { Change } from '../../domain/change.ts';

/** `temperature=0.3 topP=0.9`; null for a change that sets no parameter. */
export function settingKey(change: Change): string | null {
  const parts = PARAMETER_NAMES.flatMap((name) =>
    change[name] === undefined ? [] : [`${name}=${change[name]}`],
  );
  return parts.length === 0 ? null : parts.join(' ');
}
