import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { entryPath } from './work/entry.ts';

/** Version of Trainyard, from the package.json that lies one folder above the sources and above the bundle. */
export const productVersion: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(dirname(entryPath('main')), '..', 'package.json'), 'utf8'))).version;
