import { posix } from 'node:path';
import { z } from 'zod';
import { Hash } from '../../contract/ids.ts';
import { dvcFileUnreadable } from '../../faults.ts';
import { parseYaml, valueOf } from './yaml.ts';

/**
 * How the bytes were named. DVC 2 hashed text with its line ends made `\n`; it is told by the absence of `hash: md5`.
 */
export type DvcHash = 'md5' | 'md5-dos2unix';

/** One output of a `.dvc` file or of a stage in `dvc.lock`: data that has a version. */
export interface DvcOutput {
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  readonly type: 'file' | 'folder';
  /** 32 digits, with `.dir` behind them for a folder; null where DVC knows the data by something else, or not yet. */
  readonly md5: string | null;
  readonly hash: DvcHash;
  readonly bytes: number | null;
  readonly files: number | null;
  readonly executable: boolean;
  /** Of a folder in a version-aware bucket, which has no listing of its own. */
  readonly listed: readonly { readonly path: string; readonly md5: string }[] | null;
  /** Whether DVC keeps it in its cache: `cache: false` leaves it to Git. */
  readonly cached: boolean;
  /** Our version, where the note still belongs to the bytes: a plain `dvc add` keeps the note of older ones. */
  readonly version: Hash | null;
}

/** DVC's own words for nothing. */
const nothing = new Set(['', '~', 'null', 'Null', 'NULL']);
const Count = z
  .string()
  .regex(/^[\d_]*$/, 'must be a whole number')
  .transform((text) => (text === '' ? null : Number(text.replaceAll('_', ''))));
const Truth = z.string().transform((text) => /^true$/i.test(text));
const Md5 = z
  .string()
  .regex(/^([0-9a-f]{32}(\.dir)?|~|null|Null|NULL)?$/, 'must be 32 lower-case hexadecimal digits')
  .transform((text) => (nothing.has(text) ? null : text));

/** Scalars are text here; keys that are not ours to understand are left alone. */
export const Output = z.looseObject({
  path: z.string().min(1, 'must not be empty'),
  md5: Md5.default(null),
  hash: z.string().optional(),
  size: Count.default(null),
  nfiles: Count.default(null),
  isexec: Truth.default(false),
  cache: Truth.default(true),
  files: z.array(z.looseObject({ relpath: z.string(), md5: Md5.default(null) })).optional(),
  meta: z.unknown().optional(),
});
export type Output = z.output<typeof Output>;

/**
 * @param folder that the path of the output is relative to, relative to the workspace
 * @param file that names the output, for the fault
 * @throws Fault `pointer-unreadable` for data outside the workspace
 */
export const toOutput = (output: Output, folder: string, file: string): DvcOutput => {
  const { md5, hash, files } = output;
  const path = innerPath(folder, output.path);
  if (path === null) throw dvcFileUnreadable(file, `${output.path} does not lie inside the workspace`);
  const listed = files?.flatMap((entry) => (entry.md5 === null ? [] : [{ path: entry.relpath, md5: entry.md5 }]));
  return {
    path,
    type: md5?.endsWith('.dir') === true || files !== undefined ? 'folder' : 'file',
    md5,
    hash: hash === undefined && files === undefined ? 'md5-dos2unix' : 'md5',
    bytes: output.size,
    files: output.nfiles,
    executable: output.isexec,
    listed: listed ?? null,
    cached: output.cache,
    version: notedVersion(output),
  };
};

/** @returns null for what lies outside the workspace, or is all of it */
const innerPath = (folder: string, written: string): string | null => {
  const path = posix.join(folder, written).replace(/\/+$/, '');
  return posix.isAbsolute(written) || /^\.\.?(\/|$)/.test(path) ? null : path;
};

const Note = z.looseObject({
  trainyard: z.looseObject({ for: z.string(), tree: z.string().regex(/^b3:[0-9a-f]{64}$/) }),
});

const notedVersion = ({ meta, md5 }: Output): Hash | null => {
  const { success, data } = Note.safeParse(meta);
  if (!success || data.trainyard.for !== md5) return null;
  return Hash.parse(data.trainyard.tree.slice('b3:'.length));
};

/**
 * A file of DVC by its schema.
 * @param file relative to the workspace
 * @throws Fault `pointer-unreadable`
 */
export const readBySchema = <Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  file: string,
): z.output<Schema> => {
  const value = valueOf(parseYaml(text, file));
  const { success, data, error } = schema.safeParse(value === '' ? {} : value);
  if (success) return data;
  const [issue] = error.issues;
  throw dvcFileUnreadable(file, `\`${issue?.path.join('.') ?? ''}\` ${issue?.message ?? 'is wrong'}`);
};
