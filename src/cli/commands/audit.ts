/** `audit import`: takes the lines of break-glass rollbacks that were kept while the database was away. */
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { answering, type Cli } from './answer.ts';
import { directEntrySchema, writeDown, type DirectEntry } from './direct-entry.ts';
import { fileText, requireDatabase, withDatabase, withoutTemporal } from './options.ts';

export function addAudit(cli: Cli, program: Command): void {
  const audit = program.command('audit').summary('who did what').description('Who did what, and why.');
  const command = audit
    .command('import')
    .summary('take in what was kept while the database was away')
    .description(
      'Reads the lines that `rollback --direct` printed while the database was away, one JSON object a line, and writes them into the audit log. A line that is there already changes nothing.',
    )
    .argument('<file>', 'the file with the lines', fileText);
  withDatabase(command).addHelpText('after', '\nExample:\n  llm-optimizer audit import kept.jsonl');
  answering<{ readonly database?: string }>(cli, command, async (content, options) => {
    const entries = read(content);
    const { ports, close } = cli.open(withoutTemporal(requireDatabase(options).database));
    try {
      for (const entry of entries) await writeDown(ports, entry);
    } finally {
      await close();
    }
    const ids = entries.map(({ id }) => id);
    return { text: ids.map((id) => `In the audit log: ${id}`).join('\n'), json: { imported: ids }, ok: true };
  });
}

/** Every line, or none: a line that cannot be read is named by its number. */
function read(content: string): readonly DirectEntry[] {
  const lines = content.split('\n').map((line, i) => ({ no: i + 1, line: line.trim() }));
  const entries = lines
    .filter(({ line }) => line !== '')
    .map(({ no, line }) => parseOrFail(directEntrySchema, parsed(line), `line ${no}`));
  if (entries.length > 0) return entries;
  throw new Failure('InvalidInput', 'the file is empty, expected one JSON object a line');
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return { malformedJson: line };
  }
}
