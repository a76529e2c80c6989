/** The one door through which activities take evidence that travelled in workflow state. It judges nothing and mends nothing. */
import { readEvidence, type RolloutEvidence } from '../src/analysis/index.ts';
import { Failure } from '../src/domain/failure.ts';

/**
 * The evidence, read. `whose` begins the message of what is thrown, such as "rollout of support-bot".
 * @throws Failure InvalidInput with the field, its value and what was expected, when it is not evidence that this program knows
 */
export function carriedEvidence(evidence: unknown, whose: string): RolloutEvidence {
  return carried(readEvidence, evidence, whose);
}

/** The same for evidence of any kind: `read` gives it back in the present form, or throws naming the field. */
export function carried<E>(read: (evidence: unknown) => E, evidence: unknown, whose: string): E {
  try {
    return read(evidence);
  } catch (error) {
    const [, field, expected] =
      /^(\S+) must be (.+?), got /su.exec(error instanceof Error ? error.message : '') ?? [];
    if (field === undefined || expected === undefined) throw error;
    throw new Failure('InvalidInput', `${whose}: ${(error as Error).message}`, [
      { field, value: valueAt(evidence, field), expected },
    ]);
  }
}

/** The value at a path such as `evidence.guardrails[0].harm`, whose first name is the evidence itself. */
function valueAt(evidence: unknown, path: string): unknown {
  const keys = path.split(/[.[\]]+/u).filter((key) => key !== '');
  return keys.slice(1).reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], evidence);
}
