import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Training } from '../sidecar/contract/training.ts';

const schemaPath = join(import.meta.dirname, '..', 'media/training.schema.json');

/** The JSON Schema of training.yaml, for editors other than ours: what a person may write, defaults left out. */
export function trainingSchema(): string {
  const schema = z.toJSONSchema(Training, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ ...schema, title: 'training.yaml' }, null, 2)}\n`;
}

export async function writeTrainingSchema(): Promise<void> {
  await writeFile(schemaPath, trainingSchema());
}

/** Throws when media/training.schema.json is not what the contract says. */
export async function checkTrainingSchema(): Promise<void> {
  const written = await readFile(schemaPath, 'utf8').catch(() => '');
  if (written !== trainingSchema()) {
    throw new Error('media/training.schema.json is not what sidecar/contract/training.ts says. Run: npm run build');
  }
}

if (import.meta.main) {
  await (process.argv.includes('--check') ? checkTrainingSchema() : writeTrainingSchema());
}
