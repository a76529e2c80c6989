/**
 * Builds the workflow bundle that the workflow role loads: `dist/workflow-bundle.js`. Part of `npm run build`, so that a
 * process starts without a bundler and every replica runs the same code.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Workflow code and the payload converter, beside this file in the sources and in `dist`. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const at = (path: string) => fileURLToPath(new URL(`../${path}.${extension}`, import.meta.url));

export const PAYLOAD_CONVERTER_PATH = at('workflows/payload-converter');
export const BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The bundle's code. Fails when workflow code reaches for a Node module. */
export async function buildBundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: at('workflows/index'),
    payloadConverterPath: PAYLOAD_CONVERTER_PATH,
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(BUNDLE_PATH, await buildBundle());
}
