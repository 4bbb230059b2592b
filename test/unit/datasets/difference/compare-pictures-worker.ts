import { encode } from 'fast-png';
import { join } from 'node:path';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { ComparedState } from '../../../../sidecar/datasets/difference/compare-data.ts';
import { openLooks } from '../../../../sidecar/datasets/difference/picture-looks.ts';
import { createRandom } from '../../../../sidecar/statistics/random.ts';
import { compareStates } from '../../../support/compare-states.ts';

/**
 * Compares so many pictures with as many others that were added to them, of all of which it is known what they look
 * like, and says what it found and took. One in a hundred added ones looks almost like an old one.
 */
const [root = '', count = ''] = process.argv.slice(2);
const pictures = Number(count);
const bytes = Buffer.from(encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64) }));

/** Spread like a hash, and made faster. */
const contentOf = (name: string, at: number) =>
  `${(Math.imul(at, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}${name.repeat(56)}` as Hash;

const fileOf = (name: string, at: number) => ({
  path: `class${at % 10}/${name}${String(at).padStart(7, '0')}.png`,
  size: bytes.length,
  content: contentOf(name, at),
  executable: false,
});

/** In the order of paths. */
const listOf = function* (names: readonly string[]) {
  for (let digit = 0; digit < 10; digit++) {
    for (const name of names) for (let at = digit; at < pictures; at += 10) yield fileOf(name, at);
  }
};

const never = () => {
  throw new Error('a picture is read whole');
};

const stateOf = (names: readonly string[]): ComparedState => ({
  type: 'folder',
  kind: 'image-folder',
  files: () => listOf(names),
  contents: { get: () => bytes, pieces: never, open: never, parts: never },
});

const keepLooks = (): void => {
  const looks = openLooks(join(root, 'looks'));
  const random = createRandom(1);
  const word = () => BigInt(Math.floor(random.next() * 2 ** 32));
  for (let at = 0; at < pictures; at++) {
    const hash = (word() << 32n) | word();
    looks.keep(contentOf('a', at), { hash });
    looks.keep(contentOf('b', at), { hash: at % 100 === 0 ? hash ^ 5n : (word() << 32n) | word() });
    if (at % 1_000 === 999) looks.save();
  }
  looks.save();
};

keepLooks();
const before = process.memoryUsage.rss();
const { pictures: found, files } = await compareStates(root, {
  path: 'data/pictures',
  from: stateOf(['a']),
  to: stateOf(['a', 'b']),
});
process.stdout.write(
  JSON.stringify({
    added: files.added,
    similar: found?.similar,
    shown: found?.similarExamples.length,
    grown: process.resourceUsage().maxRSS * 1024 - before,
  }),
);
