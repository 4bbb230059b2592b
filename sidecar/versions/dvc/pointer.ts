import { join, posix } from 'node:path';
import { z } from 'zod';
import { Output, readBySchema, toOutput, type DvcOutput } from './output.ts';
import { readText } from './read-text.ts';

/** Path of the pointer of a data set: beside it, as DVC has it. */
export const pointerPath = (path: string): string => `${path}.dvc`;

export interface Pointer {
  /** `import`: from another repository or an address; `stage`: what a command of a DVC of the first days made. */
  readonly kind: 'data' | 'import' | 'stage';
  readonly outputs: readonly DvcOutput[];
}

const PointerFile = z.looseObject({
  outs: z.array(Output).default([]),
  deps: z.unknown().optional(),
  cmd: z.unknown().optional(),
  wdir: z.string().default('.'),
});

/**
 * Reads a `.dvc` file in any legal form.
 * @param file path relative to the workspace
 * @throws Fault `pointer-unreadable`
 */
export const parsePointer = (text: string, file: string): Pointer => {
  const { outs, deps, cmd, wdir } = readBySchema(PointerFile, text, file);
  const folder = posix.join(posix.dirname(file), wdir);
  const made = deps === undefined ? 'data' : 'import';
  return { kind: cmd === undefined ? made : 'stage', outputs: outs.map((output) => toOutput(output, folder, file)) };
};

/** @returns null when there is no such file @throws Fault `pointer-unreadable` */
export const readPointer = (root: string, file: string): Pointer | null => {
  const text = readText(join(root, file));
  return text === null ? null : parsePointer(text, file);
};

/** The output of a data set's own pointer; null where there is no pointer, or it is about other data. */
export const readPointerOf = (root: string, path: string): DvcOutput | null =>
  readPointer(root, pointerPath(path))?.outputs.find((output) => output.path === path) ?? null;
