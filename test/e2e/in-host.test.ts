import { join } from 'node:path';
import { inject, test } from 'vitest';
import { runInsideHost } from '../support/inside-host.ts';
import { pointsWorkspace } from '../support/points-workspace.ts';

// Run while the tests are collected, so that each Mocha test of the extension host stands here under its own name.
const workspace = await pointsWorkspace();
const results = await runInsideHost({
  extension: { vsix: inject('vsix').path },
  workspace: workspace.path,
  tests: join(import.meta.dirname, 'in-host'),
}).finally(workspace.remove);

test.each(results)('$fullTitle', ({ err }) => {
  if (err.message !== undefined) throw new Error(err.stack ?? err.message);
});
