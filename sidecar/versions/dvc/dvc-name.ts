import type { Hash } from '../../contract/ids.ts';
import type { DataStore } from '../data-store.ts';
import { nodeId } from '../store/blob-id.ts';
import { readFiles, readVersion, type VersionFile } from '../tree/version.ts';
import { hashDirListing } from './dir-listing.ts';
import { DVC_PIECE_BYTES, startDvcHash } from './dvc-hash.ts';
import type { DvcOutput } from './output.ts';
import { pointedData } from './pointed-data.ts';

/**
 * What a file of DVC says of a version, in one word: how it was hashed, and what that gave, as in `md5:9f…d2.dir`. It
 * follows from the bytes. Versions that differ in executable files alone have the same.
 */
export type DvcName = string;

type Named = Pick<DvcOutput, 'md5' | 'hash'>;

/** @returns null where DVC's file says no MD5 */
export const dvcNameOf = ({ md5, hash }: Named): DvcName | null => (md5 === null ? null : `${hash}:${md5}`);

/**
 * Names of a version beyond those that are known. That of DVC 2 is among them where the version was once looked for by
 * it: nobody else needs it, and it costs reading every byte.
 * @throws Fault `store-damaged`
 */
export const dvcNamesBeyond = (store: DataStore, version: Hash, known: readonly DvcName[]): DvcName[] => {
  const legacy = knownLegacy(store, version);
  const md5 = known.some((name) => name.startsWith('md5:')) ? null : pointedData(store, version).md5;
  const names = [dvcNameOf({ md5, hash: 'md5' }), dvcNameOf({ md5: legacy, hash: 'md5-dos2unix' })];
  return names.filter((name) => name !== null && !known.includes(name)) as DvcName[];
};

/** Whether a version is known to be the one that a file of DVC names. @throws Fault `store-damaged` */
export const isKnownAs = (store: DataStore, version: Hash, { md5, hash }: Named): boolean =>
  md5 !== null && md5 === (hash === 'md5' ? pointedData(store, version).md5 : knownLegacy(store, version));

/** The same, found out from the bytes where it has to be. @throws Fault `store-damaged` */
export const isNamed = (store: DataStore, version: Hash, named: Named): boolean => {
  if (named.hash === 'md5-dos2unix' && knownLegacy(store, version) === null)
    noteLegacy(store, version, computeLegacy(store, version));
  return isKnownAs(store, version, named);
};

/** Keeps what DVC 2 has named a version by. */
export const noteLegacy = ({ md5s }: DataStore, version: Hash, md5: string): void =>
  md5s.put(legacyKey(version), md5.slice(0, 32));

const knownLegacy = ({ blobs, md5s }: DataStore, version: Hash): string | null => {
  const md5 = md5s.get(legacyKey(version));
  if (md5 === undefined) return null;
  return readVersion(blobs, version).type === 'folder' ? `${md5}.dir` : md5;
};

/** The table is one of MD5s by the name of what they are of. */
const legacyKey = (version: Hash): Hash => nodeId(Buffer.from(`md5-dos2unix of ${version}`));

const computeLegacy = (store: DataStore, version: Hash): string => {
  const entries = entriesOf(store, version);
  if (readVersion(store.blobs, version).type === 'folder') return hashDirListing(entries);
  const [file] = entries;
  return file?.md5 ?? '';
};

const entriesOf = function* (store: DataStore, version: Hash) {
  for (const file of readFiles(store.blobs, version)) {
    const running = startDvcHash('md5-dos2unix');
    for (const piece of piecesOfDvc(store, file)) running.update(piece);
    yield { path: file.path, md5: running.digest() };
  }
};

/** A file in pieces as DVC reads it. The memory of a piece is used again for the next one. */
const piecesOfDvc = function* ({ contents }: DataStore, file: VersionFile): Generator<Buffer, void> {
  const piece = Buffer.allocUnsafe(Math.min(DVC_PIECE_BYTES, file.size));
  let filled = 0;
  for (const bytes of contents.pieces(file))
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(piece, filled, at);
      at += copied;
      filled += copied;
      if (filled < piece.length) continue;
      yield piece;
      filled = 0;
    }
  if (filled > 0) yield piece.subarray(0, filled);
};
