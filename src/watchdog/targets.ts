/** What a watchdog is told to watch: by option, one at a time, or by a file. Reads and refuses by name; it asks nobody. */
import { z } from 'zod';
import { invalidInput } from '../domain/failure.ts';
import { orchestratorSchema, targetOf, type GatewayTarget } from '../domain/gateway-target.ts';
import { serviceIdSchema } from '../domain/service-settings.ts';
import { parseOrFail } from '../domain/validate.ts';

export interface WatchTarget {
  readonly serviceId: string;
  readonly target: GatewayTarget;
}

/** As in the settings of a service, of which it needs these two. What is in a settings file besides is not read. */
const targetSchema = z.object({ serviceId: serviceIdSchema, orchestrator: orchestratorSchema });
const fileSchema = z.array(targetSchema);

/** `SERVICE=DRIVER:URL` or `SERVICE=DRIVER:URL#ROUTE`. @throws Failure InvalidInput by field */
export function readWatch(text: string): WatchTarget {
  const parts = /^([^=]+)=([a-z-]+):([^#]+)(?:#(.+))?$/u.exec(text);
  if (!parts) {
    throw invalidInput('--watch', [
      {
        field: '--watch',
        value: text,
        expected: 'SERVICE=DRIVER:URL, such as support-bot=mlflow:http://127.0.0.1:5000#chat',
      },
    ]);
  }
  const [, serviceId, driver, url, route] = parts;
  const given = { serviceId, orchestrator: { driver, url, ...(route !== undefined && { route }) } };
  return watchTarget(parseOrFail(targetSchema, given, `--watch ${text}`));
}

/** @param value of a YAML file: one service's settings, or a list of them. @throws Failure InvalidInput by field */
export const readTargets = (value: unknown): readonly WatchTarget[] =>
  parseOrFail(fileSchema, Array.isArray(value) ? value : [value], '--watch-file').map(watchTarget);

const watchTarget = ({ serviceId, orchestrator }: z.output<typeof targetSchema>): WatchTarget => ({
  serviceId,
  target: targetOf(orchestrator),
});
