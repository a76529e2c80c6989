// Compiles the child program with its imports, since Node 20 runs no TypeScript: into a folder of its own, not the build's.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../../../src/embedded/index.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

export interface CompiledProgram {
  readonly path: string;
  remove(): void;
}

/** Compiles a file below the repository's root, given relative to it. */
export async function compileProgram(file: string): Promise<CompiledProgram> {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'program-'));
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      noEmit: false,
      rootDir: ROOT,
      outDir: folder,
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    include: [],
    files: [join(ROOT, file)],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  await runCommand(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    timeoutMs: 120_000,
  });
  return {
    path: join(folder, file.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
