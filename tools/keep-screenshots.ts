import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** `npm run screenshots`, after the end-to-end tests: the pictures of their tour become those of the README. */
const root = join(import.meta.dirname, '..');
const kept = join(root, 'media', 'screenshots');
mkdirSync(kept, { recursive: true });
const names = ['editor', 'run', 'comparison', 'drift', 'data-difference', 'data-pictures', 'data-pointer'];
for (const name of names) {
  const taken = join(root, '.cache', 'artifacts', `tour-${name}.png`);
  if (!existsSync(taken)) throw new Error(`${taken} is not there; run \`npm run test:e2e\` first.`);
  copyFileSync(taken, join(kept, `${name}.png`));
}
