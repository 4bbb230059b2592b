import { setFlagsFromString } from 'node:v8';

/**
 * From here on the heap grows by a fifth between two collections, so that what nobody needs any more is gone before the
 * packs of very many files fill the memory: 15 of 210 MB. As a switch of the process it would change the flags by which
 * Node knows the compiled code of its own modules, and cost each start a tenth of a second.
 */
export const growSlowly = (): void => setFlagsFromString('--heap-growing-percent=20');
