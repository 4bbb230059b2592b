import type { Checksum } from '../fetch/checksum.ts';

/** A file as its home publishes it. */
interface PublishedFile {
  readonly name: string;
  readonly checksum: Checksum;
}

export interface BuiltIn {
  /** Folder at its home, with the slash at the end. */
  readonly home: string;
  readonly files: readonly PublishedFile[];
  /** What is taken out of the published archive, by file name; null when the published files are the data themselves. */
  readonly members: readonly string[] | null;
  /** Names of the classes in index order, where the files themselves hold none. */
  readonly classes: readonly string[] | null;
  /** What download and unpacking take on the disk, rounded up. */
  readonly bytes: number;
}

const md5 = (name: string, digest: string): PublishedFile => ({ name, checksum: { algorithm: 'md5', digest } });

const idxFiles = (digests: readonly [string, string, string, string]): readonly PublishedFile[] => [
  md5('train-images-idx3-ubyte.gz', digests[0]),
  md5('train-labels-idx1-ubyte.gz', digests[1]),
  md5('t10k-images-idx3-ubyte.gz', digests[2]),
  md5('t10k-labels-idx1-ubyte.gz', digests[3]),
];

/**
 * Data sets that are known by name. The checksums are those of their homes: cs.toronto.edu/~kriz/cifar.html,
 * github.com/zalandoresearch/fashion-mnist and, for MNIST, whose own page gives none, torchvision's.
 */
const builtIns = {
  cifar10: {
    home: 'https://www.cs.toronto.edu/~kriz/',
    files: [md5('cifar-10-binary.tar.gz', 'c32a1d4ab5d03f1284b67883e8d87530')],
    members: [
      'batches.meta.txt',
      'data_batch_1.bin',
      'data_batch_2.bin',
      'data_batch_3.bin',
      'data_batch_4.bin',
      'data_batch_5.bin',
      'test_batch.bin',
    ],
    classes: null,
    bytes: 360_000_000,
  },
  cifar100: {
    home: 'https://www.cs.toronto.edu/~kriz/',
    files: [md5('cifar-100-binary.tar.gz', '03b5dce01913d631647c71ecec9e9cb8')],
    members: ['coarse_label_names.txt', 'fine_label_names.txt', 'test.bin', 'train.bin'],
    classes: null,
    bytes: 360_000_000,
  },
  mnist: {
    home: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    files: idxFiles([
      'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'd53e105ee54ea40749a09fcbcd1e9432',
      '9fb629c4189551a2d022fa330f9573f3',
      'ec29112dd5afa0611ce80d1b7f02629c',
    ]),
    members: null,
    classes: null,
    bytes: 12_000_000,
  },
  'fashion-mnist': {
    home: 'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    files: idxFiles([
      '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      '25c81989df183df01b3e8a0aad5dffbe',
      'bef4ecab320f06d8554ea6380940ec79',
      'bb300cfdad3c16e7a12a480ee83cd310',
    ]),
    members: null,
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    bytes: 32_000_000,
  },
} as const satisfies Readonly<Record<string, BuiltIn>>;

export type BuiltInName = keyof typeof builtIns;

/** Whether a data set is meant by this name; a folder of that name in the workspace is written `./mnist`. */
export const isBuiltIn = (name: string): name is BuiltInName => Object.hasOwn(builtIns, name);

export const builtInOf = (name: BuiltInName): BuiltIn => builtIns[name];
