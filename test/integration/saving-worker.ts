import { writeSync } from 'node:fs';
import { openBlobs } from '../../sidecar/versions/store/blobs.ts';
import { writeContent } from '../../sidecar/versions/tree/contents.ts';
import { writeVersion } from '../../sidecar/versions/tree/version.ts';
import { filesOf } from './saved-files.ts';

/**
 * Saves version after version into a store until it is killed. A line on stdout, `seed version`, is an acknowledgement.
 * Arguments: folder of the store, first seed.
 */
const [folder, first] = process.argv.slice(2);
for (let seed = Number(first); ; seed++) {
  const draft = openBlobs(folder ?? '').openDraft();
  const rows = [...filesOf(seed)].map(([path, bytes]) => ({
    path,
    ...writeContent(draft, [bytes]),
    executable: false,
    md5: '0'.repeat(32),
  }));
  const version = writeVersion(draft, 'folder', rows);
  draft.commit();
  writeSync(1, `${seed} ${version}\n`);
}
