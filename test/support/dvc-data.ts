import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A file that DVC has versioned, as `dvc add` leaves it: the data, its object in the cache, and its pointer. */
export const addByDvc = (root: string, path: string, text: string): void => {
  const md5 = createHash('md5').update(text).digest('hex');
  const object = join(root, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2));
  mkdirSync(dirname(object), { recursive: true });
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(object, text);
  writeFileSync(join(root, path), text);
  writeFileSync(
    join(root, `${path}.dvc`),
    `outs:\n- md5: ${md5}\n  size: ${Buffer.byteLength(text)}\n  hash: md5\n  path: ${basename(path)}\n`,
  );
};
