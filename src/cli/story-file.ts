/**
 * How far the two stories of the embedded run have got, in the data folder: a second start goes on where the first one
 * stopped.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const storySchema = z.object({
  version: z.literal(1),
  serviceId: z.string(),
  seed: z.number(),
  swap: z.boolean(),
  startedAtMs: z.number(),
  stage: z.enum(['improve', 'takeBack', 'done']),
  /** Generation that was stable when the stories began. */
  incumbentGeneration: z.number(),
  incumbentModel: z.string(),
  promotedModel: z.string().nullable(),
  asTold: z.object({ improve: z.boolean().nullable(), takeBack: z.boolean().nullable() }),
  /** Run of the second story's rollout, once it was started. */
  secondRunId: z.string().nullable(),
});
export type StoryProgress = z.infer<typeof storySchema>;

/** The progress, or null when there is no file. Throws when it was damaged or cannot be read, naming it. */
export async function readStory(path: string): Promise<StoryProgress | null> {
  try {
    return storySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Error(`${path} cannot be read as the progress of the stories: remove it to begin again`, {
      cause: error,
    });
  }
}

/** Replaces the file as a whole. */
export async function writeStory(path: string, story: StoryProgress): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(story, null, 2)}\n`);
  await rename(`${path}.new`, path);
}
