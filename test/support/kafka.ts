/**
 * A real Kafka broker (KRaft, one node) for tests: ports and data folder of its own, stopped, killed and started again as the same broker.
 * `KAFKA_BROKERS` is ignored, so that no test touches a broker of yours.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { runCommand } from '../../src/embedded/index.ts';
import { poll } from '../../src/embedded/poll.ts';
import { reservePorts } from './ports.ts';
import { kafkaProgram, type KafkaProgram } from './prerequisites/index.ts';

export interface TestKafka {
  /** `host:port`, as `KAFKA_BROKERS` takes it. */
  readonly brokers: string;
  /** The listener with TLS that asks for a password; null unless `secured`. */
  readonly secured: SecuredListener | null;
  readonly pid: () => number | undefined;
  /** A client without any reading of ours, for what a test sends and looks at. */
  readonly client: Kafka;
  createTopics(topics: readonly string[], partitions: number): Promise<void>;
  /** Ends the broker as its administrator would. What it holds stays. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Starts the same broker again, on the same ports. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

export interface SecuredListener {
  readonly brokers: string;
  /** File with the certificate that signs the broker's. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
}

const START_LIMIT_MS = 200_000;
/** Virtual machines that start fast and stay small. */
const JAVA_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx384m'];
/** Of measurements: all that the compiler can do. */
const FAST_OPTIONS = ['-XX:+UseG1GC', '-Xmx1g'];
/** Of what a test sends and looks at. */
const CONNECT_MS = 30_000;
const USER = { username: 'ingest', password: 'test-only' } as const;
const STORE_PASSWORD = 'test-only';

function propertiesOf(folder: string, ports: readonly number[], secured: boolean): string {
  const [plain = 0, controller = 0, safe = 0] = ports;
  const listeners = [`PLAINTEXT://127.0.0.1:${plain}`, ...(secured ? [`SASL_SSL://127.0.0.1:${safe}`] : [])];
  const plainUser = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`;
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=${listeners.join(',')},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=${listeners.join(',')}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // A broker that was killed comes back soon: its registration of before is forgotten after so long. One that the machine lets stand still for so long
    // is taken for dead, too, and leads nothing until it beats again.
    'broker.session.timeout.ms=4000',
    'broker.heartbeat.interval.ms=200',
    'initial.broker.registration.timeout.ms=180000',
    'num.partitions=2',
    'log.cleaner.enable=false',
    ...(secured
      ? [
          'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
          `listener.name.sasl_ssl.plain.sasl.jaas.config=${plainUser}`,
          ...['256', '512'].map(
            (bits) =>
              `listener.name.sasl_ssl.scram-sha-${bits}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
          ),
          `ssl.keystore.location=${join(folder, 'keys.p12')}`,
          'ssl.keystore.type=PKCS12',
          `ssl.keystore.password=${STORE_PASSWORD}`,
        ]
      : []),
    '',
  ].join('\n');
}

/** A key for 127.0.0.1 that signs itself. */
async function makeKeys(keytool: string, folder: string): Promise<string> {
  const keys = ['-keystore', join(folder, 'keys.p12'), '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  const options = { cwd: folder, timeoutMs: START_LIMIT_MS };
  const how = ['-keyalg', 'EC', '-dname', 'CN=broker', '-ext', 'SAN=ip:127.0.0.1', '-validity', '30'];
  await runCommand(keytool, ['-genkeypair', ...keys, ...how], options);
  const caFile = join(folder, 'ca.pem');
  await runCommand(keytool, ['-exportcert', '-rfc', ...keys, '-file', caFile], options);
  return caFile;
}

const scramUser = (bits: string): string =>
  `SCRAM-SHA-${bits}=[name=${USER.username},password=${USER.password}]`;

async function format({ java, classPath }: KafkaProgram, folder: string, secured: boolean): Promise<void> {
  const users = secured ? ['256', '512'].flatMap((bits) => ['--add-scram', scramUser(bits)]) : [];
  const of = ['-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', join(folder, 'server.properties')];
  await runCommand(
    java,
    [...JAVA_OPTIONS, '-cp', classPath, 'kafka.tools.StorageTool', 'format', ...of, ...users],
    { cwd: folder, timeoutMs: START_LIMIT_MS },
  );
}

/** Tries until it works: a broker that the machine has let stand still is taken for dead by its own controller for a moment, and leads nothing then. */
export async function insist(work: () => Promise<unknown>): Promise<void> {
  let why: unknown;
  const done = await poll(
    () =>
      work().then(
        () => true,
        (error: unknown) => void (why = error),
      ),
    { timeoutMs: START_LIMIT_MS },
  );
  if (done === undefined) throw why;
}

/** @param fast for measurements: the virtual machine with everything it can do, which starts more slowly */
export async function startKafka({ secured = false, fast = false } = {}): Promise<TestKafka> {
  const program = await kafkaProgram();
  const folder = mkdtempSync(join(tmpdir(), 'optimizer-test-kafka-'));
  const ports = await reservePorts(3);
  const brokers = `127.0.0.1:${ports[0]}`;
  writeFileSync(join(folder, 'server.properties'), propertiesOf(folder, ports, secured));
  const caFile = secured ? await makeKeys(program.keytool, folder) : '';
  await format(program, folder, secured);
  const log = join(folder, 'broker.log');
  let broker: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const options = fast ? FAST_OPTIONS : JAVA_OPTIONS;
    writeFileSync(log, '');
    const child = spawn(
      program.java,
      [...options, '-cp', program.classPath, 'kafka.Kafka', join(folder, 'server.properties')],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.pipe(createWriteStream(log));
    broker = child;
    const started = await poll(
      () => {
        const text = readFileSync(log, 'utf8');
        if (text.includes('Kafka Server started')) return true;
        return child.exitCode === null && child.signalCode === null ? undefined : false;
      },
      { timeoutMs: START_LIMIT_MS, everyMs: 50 },
    );
    if (started !== true) {
      child.kill('SIGKILL');
      throw new Error(`Kafka did not start: ${readFileSync(log, 'utf8').split('\n').slice(-5).join(' ')}`);
    }
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const child = broker;
    broker = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await start().catch(async (error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const client = new Kafka({
    clientId: 'test',
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: CONNECT_MS,
    retry: { retries: 10 },
  });
  return {
    brokers,
    secured: secured ? { brokers: `127.0.0.1:${ports[2]}`, caFile, ...USER } : null,
    pid: () => broker?.pid,
    client,
    createTopics: async (topics, partitions) => {
      const admin = client.admin();
      await admin.connect();
      try {
        const wanted = topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: 1 }));
        await insist(() => admin.createTopics({ topics: wanted, waitForLeaders: true }));
      } finally {
        await admin.disconnect();
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start,
    remove: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
