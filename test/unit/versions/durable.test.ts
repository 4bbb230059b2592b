import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDraft } from '../../../sidecar/versions/durable.ts';
import { freshFolder } from '../../support/fresh-folder.ts';

/** Linux alone lists them; what is tested is the same elsewhere. */
const openFiles = (): number => readdirSync('/proc/self/fd').length;

test.runIf(process.platform === 'linux')(
  'a draft that is written to disk ahead ends as any other, and leaves no file open',
  async () => {
    const folder = freshFolder();
    const before = openFiles();
    const [kept, dropped] = [openDraft(folder), openDraft(folder)];
    for (const draft of [kept, dropped]) {
      draft.write(Buffer.alloc(1 << 20, 1));
      draft.settleAhead();
      draft.settleAhead();
      draft.write(Buffer.from('the rest'));
    }
    kept.publish(join(folder, 'kept'));
    dropped.discard();
    await expect.poll(openFiles).toBe(before);
    expect(readdirSync(folder)).toEqual(['kept']);
    expect(readFileSync(join(folder, 'kept')).subarray(-8).toString()).toBe('the rest');
  },
);
