// The Kafka broker for tests: its jars from Maven, kept in the cache folder. Which broker runs where is said in `test/support/kafka.ts`.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, FETCH_LIMIT_MS, lockCache, onPath, runCommand } from '../../../src/embedded/index.ts';
import { FETCH, once } from './once.ts';

const VERSION = '4.1.0';
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>llm-optimizer</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

export interface KafkaProgram {
  readonly java: string;
  /** For keys of brokers with TLS. */
  readonly keytool: string;
  /** As `java -cp` takes it. */
  readonly classPath: string;
}

/** Java and the broker's jars. Fetched once (about 10 s). Throws one line when Java 17 with Maven is not there. */
export const kafkaProgram = once(async (): Promise<KafkaProgram> => {
  const { env } = FETCH;
  const folder = cacheFolder(env, `kafka-${VERSION}`);
  const jars = join(folder, 'jars');
  try {
    const [java, keytool] = [onPath('java', env), onPath('keytool', env)];
    if (!existsSync(jars)) {
      const release = await lockCache(`${folder}.lock`, FETCH);
      try {
        if (!existsSync(jars)) await fetchJars(folder, jars);
      } finally {
        release();
      }
    }
    return { java, keytool, classPath: join(jars, '*') };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`No Kafka broker: install Java 17 and Maven. Tried ${reason}.`, { cause: error });
  }
});

async function fetchJars(folder: string, jars: string): Promise<void> {
  const { env, onProgress } = FETCH;
  onProgress(`Kafka: fetching ${VERSION} with Maven (about 10 s, once; kept in ${folder})`);
  const project = mkdtempSync(join(folder, 'project-'));
  try {
    writeFileSync(join(project, 'pom.xml'), POM);
    await runCommand(
      onPath('mvn', env),
      ['--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=jars'],
      { cwd: project, env: { ...env }, timeoutMs: FETCH_LIMIT_MS },
    );
    renameSync(join(project, 'jars'), jars);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
