/** `OptimizationActuator` for a gRPC server and for a client, loaded from the proto beside this folder. */
import { fileURLToPath } from 'node:url';
import { makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** From the sources and from `dist` alike: the build copies the proto beside the compiled code. */
const PROTO = fileURLToPath(new URL('./proto/optimization-actuator.proto', import.meta.url));

/** Generations, seconds and milliseconds stay below 2^53. */
const definitions = loadSync(PROTO, {
  longs: Number,
  enums: String,
  keepCase: false,
  defaults: true,
});

const NAME = 'llmdevops.optimizer.v1.OptimizationActuator';

const isService = (found: unknown): found is ServiceDefinition =>
  typeof found === 'object' && found !== null && 'UpdateConfiguration' in found;

const found = definitions[NAME];
if (!isService(found)) throw new Error(`the proto defines no service ${NAME}`);

/** The four calls, by name. */
export const actuatorService: ServiceDefinition = found;

/** `new ActuatorClient('host:port', credentials)`. */
export const ActuatorClient = makeGenericClientConstructor(actuatorService, 'OptimizationActuator');

/** Trailing metadata of an error: the REST contract's error body as UTF-8 JSON. */
export const ERROR_DETAIL = 'optimizer-error-bin';
