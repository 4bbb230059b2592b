import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { connect, type Connection } from '../../sidecar/client/connect.ts';
import type { Run, RunSummary } from '../../sidecar/contract/run.ts';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { entryPath } from '../../sidecar/work/entry.ts';

export const write = (root: string, name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
};

/** A grey 8 × 8 PNG: noise, with a bright left or right half by class. */
export const halfImage = (label: 'left' | 'right', seed: number): Uint8Array => {
  const random = createRandom(seed);
  const bright = (x: number) => (label === 'left' ? x < 4 : x >= 4);
  const data = Uint8Array.from({ length: 64 }, (_, at) => Math.floor(random.next() * 100) + (bright(at % 8) ? 120 : 0));
  return encode({ width: 8, height: 8, channels: 1, depth: 8, data });
};

/** A workspace with a small image folder that any model learns at once. */
export const writeHalves = (root: string, perClass = 60, changes = ''): void => {
  for (const label of ['left', 'right'] as const) {
    for (let index = 0; index < perClass; index += 1) {
      write(
        root,
        `data/raw/halves/${label}/${String(index).padStart(3, '0')}.png`,
        halfImage(label, index + (label === 'left' ? 0 : 10_000)),
      );
    }
  }
  write(root, 'config/training.yaml', halvesConfiguration + changes);
};

export const halvesConfiguration = `name: halves
model: {name: mlp, params: {hidden: [8]}}
data: {dataset: data/raw/halves, batch_size: 16, image_size: 8}
optimizer: {lr: 0.02}
training: {epochs: 4, device: cpu, seed: 3}
`;

const open: Connection[] = [];

/** A real sidecar for a workspace, from source; `endSidecars` ends it, and so does the end of a fresh workspace. */
export const startSidecar = async (root: string): Promise<Connection> => {
  const connection = await connect({
    workspace: root,
    clientName: `test-${process.pid}`,
    entry: entryPath('main'),
    start: 'if-needed',
    idleMs: 2_000,
  });
  open.push(connection);
  return connection;
};

/** Ends every sidecar of this test and removes nothing else. */
export const endSidecars = async (): Promise<void> => {
  for (const connection of open.splice(0)) {
    await connection.client.shutdown({}).catch(() => undefined);
    await connection.dispose().catch(() => undefined);
  }
};

const over: readonly RunSummary['status'][] = ['done', 'held', 'failed', 'cancelled', 'interrupted'];

/** Waits for the events that say a run is over. */
export const endOf = (connection: Connection, id: RunSummary['id']): Promise<Run> =>
  new Promise((resolve, reject) => {
    const look = (run: RunSummary) => {
      if (!over.includes(run.status)) return;
      stop();
      connection.client.getRun({ run: id }).then(resolve, reject);
    };
    const stop = connection.onEvent((event) => {
      if (event.type === 'runChanged' && event.run.id === id) look(event.run);
    });
    connection.client.getRun({ run: id }).then(look, reject);
  });

/** Trains and waits for the end. */
export const trainOnce = async (
  connection: Connection,
  request: Partial<Parameters<Connection['client']['startRun']>[0]> = {},
): Promise<Run> => {
  const run = await connection.client.startRun({ configuration: 'config/training.yaml', ...request });
  return endOf(connection, run.id);
};
