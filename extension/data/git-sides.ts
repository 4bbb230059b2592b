import { z } from 'zod';
import type { DataSide } from '../../sidecar/contract/data-difference.ts';

/** An address, as far as it is needed to know what it stands for. */
export interface Address {
  readonly scheme: string;
  readonly path: string;
  readonly query: string;
}

const GitQuery = z.object({ ref: z.string() });

/**
 * The state of Git that an address of its extension stands for: `git:/w/data.dvc?{"path":"/w/data.dvc","ref":"HEAD"}`.
 * An empty revision and `~` are the index; `~1` to `~3`, the sides of a conflict, are no state of the data.
 * @returns null for an address of another kind
 */
export const gitSideOf = ({ scheme, query }: Address): DataSide | null => {
  if (scheme !== 'git') return null;
  const parsed = GitQuery.safeParse(parseJson(query));
  if (!parsed.success) return null;
  const { ref } = parsed.data;
  if (ref === '' || ref === '~') return { kind: 'index' };
  return /^~\d$/.test(ref) ? null : { kind: 'commit', revision: ref };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not an address that Git's extension made.
    return null;
  }
};

/** What the two sides of a difference of a `.dvc` file stand for. */
export interface PointerDifference {
  readonly from: DataSide;
  readonly to: DataSide;
}

/**
 * @param before null where the pointer was added
 * @param named the version that the pointer on disk names; null when it is not known
 * @returns null for a side of a conflict
 */
export const pointerDifferenceOf = (
  before: Address | null,
  after: Address,
  named: number | null,
): PointerDifference | null => {
  const from = before === null ? null : sideOf(before, named);
  const to = sideOf(after, named);
  return to === null ? null : { from: from ?? { kind: 'commit', revision: 'HEAD' }, to };
};

/** The pointer as it lies on disk stands for the version it names, and for the data on disk when that is not known. */
const sideOf = (address: Address, named: number | null): DataSide | null => {
  if (address.scheme === 'git') return gitSideOf(address);
  return named === null ? { kind: 'disk' } : { kind: 'version', version: named };
};
