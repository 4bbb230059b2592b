import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { createDigitsWorkspace } from './workspace.ts';

/** `npm run digits -- <folder>`: a workspace with real digits, for VS Code or the shell. */
const [folder] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-')) {
  console.log('Usage: npm run digits -- <folder>\nWrites a workspace with 8,000 real digits into a new folder.');
  process.exitCode = folder === '--help' ? 0 : 2;
} else if (existsSync(folder) && readdirSync(folder).length > 0) {
  console.error(`${resolve(folder)} is not empty; give a new folder.`);
  process.exitCode = 1;
} else {
  const { root, known } = createDigitsWorkspace(resolve(folder));
  console.log(
    `${known.length.toLocaleString('en')} digits in ${root}. Open the folder in VS Code, or run: npx trainyard train -C ${root}`,
  );
}
