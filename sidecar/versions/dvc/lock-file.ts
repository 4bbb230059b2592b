import { posix } from 'node:path';
import { z } from 'zod';
import { Output, readBySchema, toOutput, type DvcOutput } from './output.ts';

/** Data that a stage of a DVC pipeline has made. */
export interface StageOutput extends DvcOutput {
  readonly stage: string;
}

const Stages = z.record(z.string(), z.looseObject({ outs: z.array(Output).default([]) }));
const LockFile = z.looseObject({ schema: z.string().optional(), stages: Stages.optional() });

/**
 * Reads a `dvc.lock`: the versions that stages have left.
 * @param file path relative to the workspace
 * @param folders working folders of stages, as `stageFolders` reads them from the `dvc.yaml` beside it
 * @throws Fault `pointer-unreadable`
 */
export const parseLockFile = (text: string, file: string, folders: StageFolders): StageOutput[] => {
  const { schema, stages } = readBySchema(LockFile, text, file);
  // DVC 1 wrote no schema, and the stages were the file.
  const known = stages ?? (schema === undefined ? readBySchema(Stages, text, file) : {});
  return Object.entries(known).flatMap(([stage, { outs }]) => {
    const folder = folders(stage);
    if (folder === null) return [];
    return outs.map((output) => ({ ...toOutput(output, posix.join(posix.dirname(file), folder), file), stage }));
  });
};

/** Where a stage runs, relative to its `dvc.yaml`; null where that is made from a parameter and cannot be known. */
export type StageFolders = (stage: string) => string | null;

const Stage = z.looseObject({ wdir: z.string().optional() });
const PipelineFile = z.looseObject({
  stages: z.record(z.string(), z.looseObject({ wdir: z.string().optional(), do: Stage.optional() })).default({}),
});

/**
 * Reads the working folders of the stages of a `dvc.yaml`. Stages of a `foreach` or a `matrix` are `name@item`.
 * @throws Fault `pointer-unreadable`
 */
export const stageFolders = (text: string, file: string): StageFolders => {
  const { stages } = readBySchema(PipelineFile, text, file);
  return (stage) => {
    const written = stages[stage] ?? stages[stage.replace(/@.*$/s, '')];
    const folder = written?.do?.wdir ?? written?.wdir ?? '.';
    return folder.includes('${') ? null : folder;
  };
};
