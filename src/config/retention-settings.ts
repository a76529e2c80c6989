/** How long what is kept, from the environment: `RETENTION_*`, and `INGEST_LATE` for how late an event may come. */
import { Failure, type Problem } from '../domain/failure.ts';
import { parseDurationMs } from '../domain/duration.ts';
import { RETENTION, RETENTION_NAMES, retentionOf, type Retention } from '../domain/retention.ts';

/** Every variable that is read here. */
export const RETENTION_VARIABLES = RETENTION_NAMES.map((name) => RETENTION[name].variable);

/** @throws Failure('InvalidInput') with every variable that cannot be read or is out of its bounds */
export function readRetention(env: Readonly<Record<string, string | undefined>>): Retention {
  const given = Object.fromEntries(
    RETENTION_NAMES.map((name) => [name, env[RETENTION[name].variable] || undefined]),
  );
  const problems: Problem[] = RETENTION_NAMES.flatMap((name) => {
    const text = given[name];
    if (text === undefined || parseDurationMs(text) !== null) return [];
    const field = RETENTION[name].variable;
    return [
      { field, value: text, expected: `a duration such as ${RETENTION[name].usual} (units ms, s, m, h, d)` },
    ];
  });
  if (problems.length > 0) {
    const lines = problems.map(
      ({ field, value, expected }) => `${field}: ${JSON.stringify(value)} is given, expected ${expected}`,
    );
    throw new Failure('InvalidInput', lines.join('; '), problems);
  }
  return retentionOf(given, 'environment', (name) => RETENTION[name].variable);
}
