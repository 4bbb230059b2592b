import { z } from 'zod';
import type { DataSide } from '../../sidecar/contract/data-difference.ts';

/** An address, as far as it is needed to know what it stands for. */
export interface Address {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}

const GitQuery = z.object({ path: z.string(), ref: z.string() });

/**
 * The state of Git that an address of its extension stands for: `git:/w/data.dvc?{"path":"/w/data.dvc","ref":"HEAD"}`.
 * An empty revision and `~` are the index; `~1` to `~3`, the sides of a conflict, are no state of the data.
 * @returns null for an address of another kind
 */
export const gitSideOf = ({ scheme, query }: Address): { readonly path: string; readonly side: DataSide } | null => {
  if (scheme !== 'git') return null;
  const parsed = GitQuery.safeParse(parseJson(query));
  if (!parsed.success) return null;
  const { path, ref } = parsed.data;
  if (ref === '' || ref === '~') return { path, side: { kind: 'index' } };
  return /^~\d$/.test(ref) ? null : { path, side: { kind: 'commit', revision: ref } };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not an address that Git's extension made.
    return null;
  }
};

/** What the two sides of a difference of a `.dvc` file stand for, and the path of that file on disk. */
export interface PointerDifference {
  readonly pointer: string;
  readonly from: DataSide;
  readonly to: DataSide;
}

/**
 * @param before null where the pointer was added
 * @param named the version that the pointer on disk names; null when it is not known
 */
export const pointerDifferenceOf = (
  before: Address | null,
  after: Address,
  named: (pointer: string) => number | null,
): PointerDifference | null => {
  const pointer = gitSideOf(after)?.path ?? after.path;
  if (!pointer.endsWith('.dvc')) return null;
  const from = before === null ? null : sideOf(before, named(pointer));
  const to = sideOf(after, named(pointer));
  if (to === null) return null;
  return { pointer, from: from ?? { kind: 'commit', revision: 'HEAD' }, to };
};

/** The pointer as it lies on disk stands for the version it names, and for the data on disk when that is not known. */
const sideOf = (address: Address, named: number | null): DataSide | null => {
  if (address.scheme === 'git') return gitSideOf(address)?.side ?? null;
  return named === null ? { kind: 'disk' } : { kind: 'version', version: named };
};
