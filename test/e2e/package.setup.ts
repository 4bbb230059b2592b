import type { TestProject } from 'vitest/node';
import { pack, thisTarget } from '../../tools/pack.ts';
import { installWorkbench } from '../../tools/workbench.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The package that all end-to-end tests install, as a user gets it. */
    vsix: { path: string; bytes: number };
  }
}

export default async function setup(project: TestProject): Promise<void> {
  await installWorkbench();
  project.provide('vsix', await pack(thisTarget()));
}
