// The Java time-skipping test server: from Maven as jars with a small script around them, else by the SDK's own download.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cacheFolder,
  downloadThroughSdk,
  FETCH_LIMIT_MS,
  lockCache,
  onPath,
  runCommand,
} from '../../../src/embedded/index.ts';
import { FETCH, once } from './once.ts';

const VERSION = '1.31.0';
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>llm-optimizer</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** Options that make the virtual machine start fast and stay small. */
const JAVA_OPTIONS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m';

/**
 * What `TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })` takes. Fetched once (about 20 s). Throws one
 * line when neither Java with Maven nor the SDK's download is there.
 */
export const timeSkippingServer = once(async (): Promise<{ type: 'existing-path'; path: string }> => {
  const { env } = FETCH;
  const folder = cacheFolder(env, `temporal-test-server-${VERSION}`);
  const path = join(folder, 'temporal-test-server');
  const release = existsSync(path) ? undefined : await lockCache(`${folder}.lock`, FETCH);
  try {
    return { type: 'existing-path', path: existsSync(path) ? path : await fetchServer(folder, path) };
  } finally {
    release?.();
  }
});

async function fetchServer(folder: string, path: string): Promise<string> {
  const reasons: string[] = [];
  for (const way of [() => fromMaven(folder, path), () => fromSdk()]) {
    try {
      return await way();
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`No time-skipping test server: install Java 17 and Maven. Tried ${reasons.join('; ')}.`);
}

async function fromMaven(folder: string, path: string): Promise<string> {
  const { env, onProgress } = FETCH;
  const [java, maven] = [onPath('java', env), onPath('mvn', env)];
  onProgress(`Time-skipping server: fetching ${VERSION} with Maven (about 20 s, once; kept in ${folder})`);
  const project = mkdtempSync(join(folder, 'project-'));
  try {
    writeFileSync(join(project, 'pom.xml'), POM);
    await runCommand(
      maven,
      ['--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=jars'],
      {
        cwd: project,
        env: { ...env },
        timeoutMs: FETCH_LIMIT_MS,
      },
    );
    const jars = join(folder, 'jars');
    rmSync(jars, { recursive: true, force: true });
    renameSync(join(project, 'jars'), jars);
    const script = `#!/bin/sh\nexec '${java}' ${JAVA_OPTIONS} -cp '${jars}/*' io.temporal.testserver.TestServer "$@"\n`;
    writeFileSync(`${path}.new`, script);
    chmodSync(`${path}.new`, 0o755);
    renameSync(`${path}.new`, path);
    return path;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function fromSdk(): Promise<string> {
  const folder = cacheFolder(FETCH.env, 'temporal-test-server-download');
  mkdirSync(folder, { recursive: true });
  FETCH.onProgress('Time-skipping server: downloading it through the SDK (about a minute, once)');
  return downloadThroughSdk({ ...FETCH, folder, server: 'timeSkipping' });
}
