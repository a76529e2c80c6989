/** The files of the repository as the rules see them: path from the root, with slashes, and text. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf, scan, type Scanned } from './scan.ts';

export interface Source extends Scanned {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ResolvedImport[];
}

export interface ResolvedImport {
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Path from the root when the specifier is relative, else null: a package. */
  readonly file: string | null;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the build and the package manager leave behind; none of it is committed. */
const LEFT_BEHIND = new Set(['node_modules', 'dist', 'coverage']);
const LARGEST = 1_000_000;

/** A source from its text, for the repository and for the self-test alike. */
export const sourceOf = (path: string, text: string): Source => ({
  path,
  text,
  ...scan(text),
  imports: importsOf(text).map(({ specifier, typeOnly }) => ({
    specifier,
    typeOnly,
    file: specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), specifier)) : null,
  })),
});

const walk = (folder: string): readonly string[] =>
  readdirSync(posix.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory())
      return LEFT_BEHIND.has(entry.name) || entry.name.startsWith('.') ? [] : walk(path);
    return [path];
  });

/** Every TypeScript file of the product and its tests. */
export const readSources = (): readonly Source[] =>
  walk('.')
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => sourceOf(path, readFileSync(posix.join(ROOT, path), 'utf8')));

/** Every text file that may be committed, the lock file and hidden folders' scripts included. */
export const readTexts = (): readonly { readonly path: string; readonly text: string }[] =>
  [...walk('.'), ...['.ci'].flatMap((folder) => (exists(folder) ? walk(folder) : []))]
    .filter((path) => !/\.(?:gz|png|jpg|ico|woff2?|tsbuildinfo|log)$/u.test(path))
    .filter((path) => statSync(posix.join(ROOT, path)).size <= LARGEST)
    .map((path) => ({ path, text: readFileSync(posix.join(ROOT, path), 'utf8') }));

const exists = (folder: string): boolean =>
  statSync(posix.join(ROOT, folder), { throwIfNoEntry: false }) !== undefined;

/** Names of the folders at the top, without hidden ones and what is left behind. */
export const topFolders = (): readonly string[] =>
  readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !LEFT_BEHIND.has(entry.name))
    .map((entry) => entry.name);
