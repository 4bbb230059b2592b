import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A graphics card as NVIDIA's driver describes it. */
export interface NvidiaCard {
  /** As CUDA counts the cards that this process sees, from 0. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** Null where the driver does not tell, as it may for a shared card. */
  readonly memoryBytes: number | null;
  readonly freeBytes: number | null;
  readonly driver: string | null;
}

const fields = 'index,uuid,name,memory.total,memory.free,driver_version';
const mebibyte = 2 ** 20;

/** A driver that hangs must not keep the list of devices from anyone. */
const patienceMs = 10_000;

/** The cards of this machine; none where NVIDIA's `nvidia-smi` is not installed or finds no driver. */
export const nvidiaCards = async (): Promise<readonly NvidiaCard[]> => {
  try {
    const query = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
    return visibleCards(readCards((await promisify(execFile)('nvidia-smi', query, { timeout: patienceMs })).stdout));
  } catch {
    // Not installed, no driver, no permission: in each case there is no card to train on.
    return [];
  }
};

/**
 * Makes CUDA number the cards of this process as nvidia-smi does, by their place on the bus, and not by their speed.
 * Must come before a library with CUDA inside is loaded.
 */
export const numberCardsByBus = (): void => {
  process.env['CUDA_DEVICE_ORDER'] ??= 'PCI_BUS_ID';
};

/** Which cards this process may use, as a scheduler sets it: numbers or ids of the driver's, in the order of CUDA's own. */
const visible = (): readonly string[] | undefined =>
  process.env['CUDA_VISIBLE_DEVICES']?.split(',').map((entry) => entry.trim());

/** The driver's number or id of the card that CUDA gives this number; undefined where there is none. */
export const driverIdOf = (card: number): string | undefined => {
  const listed = visible();
  return listed === undefined ? String(card) : listed[card];
};

/** The cards that CUDA shows, numbered as it does: the first entry that names none ends the list. */
const visibleCards = (cards: readonly NvidiaCard[]): readonly NvidiaCard[] => {
  const listed = visible();
  if (listed === undefined) return cards;
  const found = listed.map((entry) =>
    cards.find(({ index, uuid }) => entry === String(index) || (entry.startsWith('GPU-') && uuid.startsWith(entry))),
  );
  const end = found.indexOf(undefined);
  return found
    .slice(0, end < 0 ? found.length : end)
    .flatMap((card, index) => (card === undefined ? [] : [{ ...card, index }]));
};

/** What a card does this moment; null where the driver does not tell. */
export interface NvidiaLoad extends Readonly<Record<string, number>> {
  /** Share of the time in which it computed, 0 to 100. */
  readonly gpu_percent: number;
  readonly gpu_memory_mb: number;
}

/** Asks the driver about one card, by its number among CUDA's. */
export const nvidiaLoad = async (card: number): Promise<NvidiaLoad | null> => {
  try {
    const query = [
      `--id=${driverIdOf(card) ?? card}`,
      '--query-gpu=utilization.gpu,memory.used',
      '--format=csv,noheader,nounits',
    ];
    return readLoad((await promisify(execFile)('nvidia-smi', query, { timeout: patienceMs })).stdout);
  } catch {
    // As above: without the driver's tool there is nothing to tell.
    return null;
  }
};

/** Reads a line such as `37, 1234`. */
export const readLoad = (line: string): NvidiaLoad | null => {
  const match = /^(\d+), (\d+)\s*$/.exec(line);
  return match === null ? null : { gpu_percent: Number(match[1]), gpu_memory_mb: Number(match[2]) };
};

/** Reads what `nvidia-smi --query-gpu` prints; lines that are no card, such as warnings, are passed over. */
export const readCards = (text: string): readonly NvidiaCard[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [index = '', uuid = '', ...rest] = line.split(', ');
    const [driver, free, total] = [rest.at(-1), rest.at(-2), rest.at(-3)];
    // A name may hold a comma of its own.
    const name = rest.slice(0, -3).join(', ').trim();
    if (!/^\d+$/.test(index.trim()) || name === '') return [];
    return [
      {
        index: Number(index),
        uuid: uuid.trim(),
        name,
        memoryBytes: bytesOf(total),
        freeBytes: bytesOf(free),
        driver: driver === undefined || /^\[/.test(driver.trim()) ? null : driver.trim(),
      },
    ];
  });

/** `[N/A]` and `[Not Supported]` stand for what a driver does not tell. */
const bytesOf = (mebibytes: string | undefined): number | null =>
  /^\d+$/.test(mebibytes?.trim() ?? '') ? Number(mebibytes) * mebibyte : null;
