/** Reads a service's settings from YAML. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure } from '../domain/failure.ts';
import { serviceSettingsSchema, type ServiceSettings } from '../domain/service-settings.ts';
import { parseOrFail } from '../domain/validate.ts';

/** The settings with every default. Throws InvalidInput naming the file and each problem by field. */
export async function readServiceFile(path: string): Promise<ServiceSettings> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Failure(
      'InvalidInput',
      `service file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Failure(
      'InvalidInput',
      `service file ${path} is not YAML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return parseOrFail(serviceSettingsSchema, value, `service file ${path}`);
}
