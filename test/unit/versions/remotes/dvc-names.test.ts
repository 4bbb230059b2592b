import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Hash } from '../../../../sidecar/contract/ids.ts';
import type { RemoteVersion } from '../../../../sidecar/contract/remote.ts';
import { openDataStore } from '../../../../sidecar/versions/data-store.ts';
import { dvcNamesBeyond, isNamed, noteLegacy } from '../../../../sidecar/versions/dvc/dvc-name.ts';
import type { DvcOutput } from '../../../../sidecar/versions/dvc/output.ts';
import { pointedData } from '../../../../sidecar/versions/dvc/pointed-data.ts';
import { md5Of } from '../../../../sidecar/versions/hash.ts';
import { collectRemote } from '../../../../sidecar/versions/remotes/collect-remote.ts';
import { fetchNamed } from '../../../../sidecar/versions/remotes/fetch-named.ts';
import { refKey } from '../../../../sidecar/versions/remotes/layout.ts';
import { push } from '../../../../sidecar/versions/remotes/push.ts';
import { addToRef, forgetInRef, readRef } from '../../../../sidecar/versions/remotes/ref.ts';
import type { Transport } from '../../../../sidecar/versions/remotes/transport.ts';
import { freshFolder } from '../../../support/fresh-folder.ts';
import { recordedContext } from '../../../support/job-context.ts';
import { memoryRemote, type MemoryRemote } from './memory-transport.ts';
import { recording } from './recording.ts';
import { openPlace, randomFiles, readStored, storeVersion, type Files, type Place } from './stored-data.ts';

const path = 'data/images';
const { context } = recordedContext();

const storeOf = ({ folder }: Place) => openDataStore(folder);

let here: Place;
let there: Place;
let remote: MemoryRemote;
beforeEach(() => {
  here = openPlace(freshFolder());
  there = openPlace(freshFolder());
  remote = memoryRemote();
});

const pushed = (
  versions: readonly RemoteVersion[],
  transport: Transport = remote.open(),
  forgotten = 'stay' as const,
) => push({ ...here, transport, path, versions, forgotten, dvcNames: namesHere }, context);
const namesHere = (version: Hash, known: readonly string[]) => dvcNamesBeyond(storeOf(here), version, known);

/** What DVC writes into a `.dvc` file of these files, without a note of ours. */
const outputOf = (files: Files, hashed: (bytes: Uint8Array) => string, hash: DvcOutput['hash'] = 'md5'): DvcOutput => {
  const listing = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `{"md5": "${hashed(bytes)}", "relpath": "${name}"}`);
  const md5 = `${md5Of(`[${listing.join(', ')}]`)}.dir`;
  const nothing = { bytes: null, files: null, listed: null, version: null };
  return { path, type: 'folder', md5, hash, executable: false, cached: true, ...nothing };
};

const fetched = (output: DvcOutput, transport: Transport = remote.open()) => {
  const store = storeOf(there);
  return fetchNamed({ ...there, blobs: store.blobs, store, transport, output }, context);
};

describe('a version is found by what a file of DVC says of it, which has no note of ours', () => {
  test('in the list of versions; nothing is asked for in the layout of DVC', async () => {
    const files = { ...randomFiles(30), 'large.bin': randomBytes(5 << 20) };
    const [version, newer] = [storeVersion(here, files, 1), storeVersion(here, randomFiles(3), 2)];
    await pushed([version, newer]);
    const transport = recording(remote.open());
    const found = await fetched(outputOf(files, md5Of), transport);
    expect(found).toMatchObject({ version: version.hash, versions: 1, known: [version, newer] });
    expect(readStored(there, version.hash)).toEqual(files);
    expect(transport.asked.filter(({ key }) => !key.startsWith('trainyard/'))).toEqual([]);
  });

  test('a name is written with the list that names its version, and by no request of its own', async () => {
    const first = storeVersion(here, randomFiles(3), 1);
    const transport = recording(remote.open());
    await pushed([first], transport);
    expect(transport.keysOf('swap')).toHaveLength(2);
    await pushed([first], transport);
    expect(transport.keysOf('swap')).toHaveLength(2);
    const { md5 } = pointedData(storeOf(here), first.hash);
    expect((await readRef(remote.open(), path))?.dvcNames).toEqual({ [`md5:${md5}`]: first.hash });
  });

  test('a version whose name nobody has written gets it by the next push, though it is there', async () => {
    const files = randomFiles(3);
    const version = storeVersion(here, files, 1);
    await push(
      { ...here, transport: remote.open(), path, versions: [version], forgotten: 'stay', dvcNames: () => [] },
      context,
    );
    await expect(fetched(outputOf(files, md5Of))).rejects.toMatchObject({ code: 'remote-lacks-version' });
    expect(await pushed([version])).toEqual({ versions: 0, bytes: 0, objects: 0 });
    expect(await fetched(outputOf(files, md5Of))).toMatchObject({ version: version.hash });
  });

  test('one that was forgotten is not found by its name any more, is not named again by a push of all, and a fault says where it was looked for', async () => {
    const files = randomFiles(3);
    const [version, kept] = [storeVersion(here, files, 1), storeVersion(here, randomFiles(3), 2)];
    await pushed([version, kept]);
    await forgetInRef(remote.open(), path, version.hash);
    await pushed([version, kept]);
    await collectRemote({ ...here, transport: remote.open(), graceMs: 0, dryRun: false, clock: Date.now }, context);
    expect(Object.values((await readRef(remote.open(), path))?.dvcNames ?? {})).toEqual([kept.hash]);
    const output = outputOf(files, md5Of);
    await expect(fetched(output)).rejects.toMatchObject({
      code: 'remote-lacks-version',
      message: `memory does not have data/images as its .dvc file names it, ${output.md5}: no version of Trainyard there has that MD5, and no file of DVC.`,
      hint: expect.stringMatching(/trainyard data push.*--dvc.*dvc push/) as string,
    });
    const named = { ...here, transport: remote.open(), path, versions: [version], forgotten: 'return' } as const;
    await push({ ...named, dvcNames: namesHere }, context);
    expect(await fetched(output)).toMatchObject({ version: version.hash });
  });

  test('by the name that DVC 2 gave it, where it was taken over from such a pointer', async () => {
    const large = Buffer.concat([
      Buffer.alloc((1 << 20) - 1, 'x'),
      Buffer.from('\r\nthe pair lies across two pieces\r\n'),
    ]);
    const files = { 'crlf.txt': Buffer.from('a\r\nb\r\n'), 'empty.txt': Buffer.alloc(0), 'large.txt': large };
    // A line end across two pieces is left as it is.
    const unixLarge = Buffer.concat([large.subarray(0, 1 << 20), Buffer.from('\nthe pair lies across two pieces\n')]);
    const unix = new Map<Uint8Array, Buffer>([
      [files['crlf.txt'], Buffer.from('a\nb\n')],
      [large, unixLarge],
    ]);
    const output = outputOf(files, (bytes) => md5Of(unix.get(bytes) ?? bytes), 'md5-dos2unix');
    const version = storeVersion(here, files);
    await pushed([version]);
    await expect(fetched(output)).rejects.toMatchObject({ code: 'remote-lacks-version' });
    noteLegacy(storeOf(here), version.hash, output.md5 ?? '');
    await pushed([version]);
    expect(await fetched(output)).toMatchObject({ version: version.hash });
    expect(await fetched(outputOf(files, md5Of))).toMatchObject({ version: version.hash });
    expect(isNamed(storeOf(there), version.hash, output)).toBe(true);
  });

  test('bytes that are not those that the pointer names are told of, whatever the list calls them', async () => {
    const version = storeVersion(here, randomFiles(3));
    const output = outputOf({ other: Buffer.from('other') }, md5Of);
    const dvcNames = () => [`md5:${output.md5}`];
    await push({ ...here, transport: remote.open(), path, versions: [version], forgotten: 'stay', dvcNames }, context);
    await expect(fetched(output)).rejects.toMatchObject({
      code: 'remote-damaged',
      message: expect.stringContaining(refKey(path)) as string,
    });
  });

  test('what DVC has pushed is brought where no version has that name', async () => {
    const output = { ...outputOf({}, md5Of), type: 'file', md5: md5Of('by DVC') } as const;
    const bytes = Buffer.from('by DVC');
    const key = `files/md5/${output.md5.slice(0, 2)}/${output.md5.slice(2)}`;
    await remote.open().put(key, { size: bytes.length, read: () => bytes });
    const other = storeVersion(here, randomFiles(2));
    await pushed([other]);
    const { version, known } = await fetched(output);
    expect(readStored(there, version)).toEqual({ images: bytes });
    expect(known).toEqual([other]);
  });
});

test('whoever comes first, a list knows the same names: those of its versions, one of several versions being the latest', async () => {
  const told = { kind: 'files', files: 1, bytes: 1, author: 'test', commit: null, branch: null } as const;
  const hashOf = (at: number) => createHash('sha256').update(String(at)).digest('hex') as Hash;
  const versions = Array.from({ length: 4 }, (_, at) => ({ hash: hashOf(at), createdAt: at % 3, ...told }));
  const addition = fc.record({
    of: fc.subarray(versions),
    names: fc.array(fc.tuple(fc.constantFrom('md5:a', 'md5:b', 'md5-dos2unix:c'), fc.nat({ max: 4 })), {
      maxLength: 4,
    }),
  });
  const orders = fc
    .array(addition, { minLength: 1, maxLength: 4 })
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
  /** Names count when their version is listed by then: all versions are there first. */
  const listAfter = async (
    additions: readonly { of: readonly RemoteVersion[]; names: readonly [string, number][] }[],
  ) => {
    const transport = memoryRemote().open();
    const common = { path, packs: [], relies: [], forgotten: 'stay' } as const;
    await addToRef(transport, { ...common, versions: additions.flatMap(({ of }) => of), dvcNames: {} });
    for (const { of, names } of additions) {
      const dvcNames = Object.fromEntries(names.map(([name, at]) => [name, hashOf(at)]));
      await addToRef(transport, { ...common, versions: of, dvcNames });
    }
    return readRef(transport, path);
  };
  await fc.assert(
    fc.asyncProperty(orders, async ([one, other]) => {
      const ref = await listAfter(one);
      expect(ref?.dvcNames).toEqual((await listAfter(other))?.dvcNames);
      const listed = new Set(ref?.versions.map(({ hash }) => hash));
      for (const hash of Object.values(ref?.dvcNames ?? {})) expect(listed).toContain(hash);
    }),
    { numRuns: 60 },
  );
});
