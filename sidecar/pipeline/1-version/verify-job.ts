import type { Hash } from '../../contract/ids.ts';
import { parseManifest } from '../../versions/manifest.ts';
import { createObjects } from '../../versions/objects.ts';
import { verifyVersion } from '../../versions/verify.ts';
import type { Job } from '../job.ts';

export interface VerifyInput {
  readonly version: Hash;
  readonly objectsFolder: string;
}

/** Reads all stored bytes of a version again. */
export const verifyJob: Job<VerifyInput, { files: number; damaged: string[] }> = async (input, context) => {
  const objects = createObjects(input.objectsFolder);
  const manifest = parseManifest(objects.get(input.version));
  return { files: manifest.files.length, damaged: await verifyVersion(manifest, objects, context) };
};
