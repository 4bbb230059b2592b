import { createDisk, type DiskState, type Operation } from './disk-model.ts';

/** Every state in which a crash may leave the disk after each of the operations, and what was promised until then. */
export const crashStates = function* (operations: readonly Operation[], seed: number) {
  const disk = createDisk();
  let dice = seed;
  const random = () => (dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const some = (most: number) => Math.floor(random() * (most + 1));
  for (const operation of operations) {
    disk.apply(operation);
    const promised = [...disk.acknowledged()];
    const give = (state: DiskState, how: string) => ({ state, promised, how: `${how} after ${operation.what}` });
    yield give(disk.killed(), 'killed');
    if (operation.what === 'write') {
      for (let turn = 0; turn < 2; turn++) {
        yield give(disk.killed({ file: operation.file, bytes: some(operation.bytes.length) }), 'torn');
      }
    }
    const all = (spared: boolean) => () => spared;
    const everything = (unsynced: number) => unsynced;
    yield give(disk.powerless({ name: all(false), bytes: () => 0 }), 'power lost, nothing spared,');
    yield give(disk.powerless({ name: all(true), bytes: () => 0 }), 'power lost, names spared,');
    yield give(disk.powerless({ name: all(false), bytes: everything }), 'power lost, bytes spared,');
    for (let turn = 0; turn < 6; turn++) {
      const spared = new Map<string, boolean>();
      const name = (path: string) => {
        const before = spared.get(path) ?? random() < 0.5;
        spared.set(path, before);
        return before;
      };
      yield give(disk.powerless({ name, bytes: some }), 'power lost, this and that spared,');
    }
  }
};
