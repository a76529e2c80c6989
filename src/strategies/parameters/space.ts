/** The ranges of a service as a space to search, and its points as settings in numbers that a person would type. */
import type { Dimension } from '../../decision/index.ts';
import {
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type ParameterRanges,
} from '../../domain/parameter.ts';
import { WIRE_KEYS } from '../../domain/change.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { Setting } from './task-defaults.ts';

/** A finer step changes nothing that anybody could measure. */
const STEP = 0.01;

/** Counts differ by ratios, so they are searched on the log scale. A range of one value is no dimension. */
export function spaceOf(ranges: ParameterRanges): readonly Dimension[] {
  return PARAMETER_NAMES.flatMap((name): readonly Dimension[] => {
    const range = ranges[name];
    if (range === undefined || range[0] === range[1]) return [];
    const kind = PARAMETERS[name].whole ? 'logUniform' : 'uniform';
    return [{ kind, name, low: range[0], high: range[1] }];
  });
}

/** To the next step inside the range; whole numbers to two figures where the range leaves room. */
export function rounded(name: ParameterName, value: number, [low, high]: readonly [number, number]): number {
  const within = (x: number): number => Math.min(high, Math.max(low, x));
  if (!PARAMETERS[name].whole) return within(Math.round(value / STEP) / Math.round(1 / STEP));
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return within(Math.round(value / unit) * unit);
}

/** What the configuration sets now, of the parameters that have a range. */
export function settingIn(configuration: Configuration, ranges: ParameterRanges): Setting {
  return Object.fromEntries(
    PARAMETER_NAMES.flatMap((name) => {
      const text = configuration[WIRE_KEYS[name]];
      const value = Number(text);
      const isSet = ranges[name] !== undefined && text !== undefined && text.trim() !== '';
      return isSet && Number.isFinite(value) ? [[name, value]] : [];
    }),
  );
}

/** A setting inside the ranges, without what has none. */
export function clamped(setting: Setting, ranges: ParameterRanges): Setting {
  return Object.fromEntries(
    PARAMETER_NAMES.flatMap((name) => {
      const [value, range] = [setting[name], ranges[name]];
      return value === undefined || range === undefined
        ? []
        : [[name, Math.min(range[1], Math.max(range[0], value))]];
    }),
  );
}

/** Ranges of `share` of the width around a setting, cut at the ends; whole where the setting says nothing. */
export function around(centre: Setting, ranges: ParameterRanges, share: number): ParameterRanges {
  return Object.fromEntries(
    PARAMETER_NAMES.flatMap((name) => {
      const [range, value] = [ranges[name], centre[name]];
      if (range === undefined) return [];
      if (value === undefined) return [[name, range]];
      const [low, high] = range;
      const cut = (x: number): number => Math.min(high, Math.max(low, x));
      if (!PARAMETERS[name].whole) {
        const half = ((high - low) * share) / 2;
        return [[name, [cut(value - half), cut(value + half)]]];
      }
      const factor = (high / low) ** (share / 2);
      return [[name, [cut(Math.round(value / factor)), cut(Math.round(value * factor))]]];
    }),
  );
}
