/** What an arm of an experiment changed of the parameters, read back from two configurations. */
import { PARAMETER_NAMES } from '../../domain/parameter.ts';
import { WIRE_KEYS, type Change } from '../../domain/change.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';

/** Parameters of `arm` that `control` does not have, or has otherwise. What is no number is left out. */
export function settingBetween(control: Configuration, arm: Configuration): Change {
  return Object.fromEntries(
    PARAMETER_NAMES.flatMap((name) => {
      const text = arm[WIRE_KEYS[name]];
      const value = Number(text);
      const isSet = text !== undefined && text.trim() !== '' && Number.isFinite(value);
      return isSet && text !== control[WIRE_KEYS[name]] ? [[name, value]] : [];
    }),
  );
}
