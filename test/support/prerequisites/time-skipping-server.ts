// The Java time-skipping test server: from Maven as jars with a small script around them, else by the SDK's own download.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
import { archiveClasses } from './shared-classes.ts';

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
  const fast = `${path}-shared`;
  const release = existsSync(fast) ? undefined : await lockCache(`${folder}.lock`, FETCH);
  try {
    if (existsSync(fast)) return { type: 'existing-path', path: fast };
    const plain = existsSync(path) ? path : await fetchServer(folder, path);
    // The SDK's own download is no Java program.
    return {
      type: 'existing-path',
      path: plain === path ? await withSharedClasses(folder, path, fast) : plain,
    };
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
    writeScript(path, script);
    return path;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** The path of a script that starts the server with its archive; the plain one when Java has not written any. */
async function withSharedClasses(folder: string, plain: string, fast: string): Promise<string> {
  const archive = join(folder, 'classes.jsa');
  const run = (option: string): string => readFileSync(plain, 'utf8').replace(' -cp ', ` ${option} -cp `);
  writeScript(`${fast}.once`, run(`-XX:ArchiveClassesAtExit='${archive}'`));
  await archiveClasses(`${fast}.once`, []);
  rmSync(`${fast}.once`);
  if (!existsSync(archive)) return plain;
  writeScript(fast, run(`-XX:SharedArchiveFile='${archive}' -Xlog:disable`));
  return fast;
}

function writeScript(path: string, script: string): void {
  writeFileSync(`${path}.new`, script);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
}

async function fromSdk(): Promise<string> {
  const folder = cacheFolder(FETCH.env, 'temporal-test-server-download');
  mkdirSync(folder, { recursive: true });
  FETCH.onProgress('Time-skipping server: downloading it through the SDK (about a minute, once)');
  return downloadThroughSdk({ ...FETCH, folder, server: 'timeSkipping' });
}
