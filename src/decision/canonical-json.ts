/**
 * One spelling per value, so that equal evidence has equal hashes: keys sorted by code unit, no white space, RFC 8785 in spirit.
 * It takes plain JSON only and refuses what JSON would silently drop or change.
 */

/** What survives JSON unchanged. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

const refuse = (path: string, what: string): never => {
  throw new TypeError(`${path} is ${what}, which JSON cannot hold`);
};

/** The path of a field: at the root without a name, the field's own. */
const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const write = (value: unknown, path: string): string => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? JSON.stringify(value) : refuse(path, String(value));
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}[${i}]`)).join(',')}]`;
  if (typeof value !== 'object') return refuse(path, `a ${typeof value}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return refuse(path, 'not a plain object');
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${write(item, below(path, key))}`);
  return `{${fields.join(',')}}`;
};

/**
 * The canonical text of a plain JSON value. Fields that are undefined are left out, as JSON does.
 * @param name what messages call the value; with '' they begin with the field's own name
 * @throws TypeError naming the path of a NaN, an infinity, a Map, a Date, a function, a bigint or an undefined array item.
 */
export const canonicalJson = (value: unknown, name: string = 'value'): string => write(value, name);
