import type { Hash } from '../../contract/ids.ts';
import { manifestBytes, type Manifest } from '../manifest.ts';
import { hashDirListing } from './dir-listing.ts';
import type { PointedData } from './write-pointer.ts';

/** What the pointer of a version says. */
export const pointedData = (version: Hash, manifest: Manifest): PointedData => {
  const { type, files } = manifest;
  const [only] = files;
  return {
    version,
    type,
    files: files.length,
    bytes: manifestBytes(manifest),
    executable: type === 'file' && only?.executable === true,
    md5: type === 'folder' ? hashDirListing(files) : (only?.md5 ?? ''),
  };
};
