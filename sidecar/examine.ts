import { accessSync, constants, statfsSync } from 'node:fs';
import type { Device } from './contract/device.ts';
import type { Finding } from './contract/routes.ts';
import { bytesText } from './terminal/figures.ts';
import type { Layout } from './workspace/layout.ts';

interface ExamineNeeds {
  readonly layout: Layout;
  readonly versions: Readonly<Record<string, string>>;
  readonly devices: () => Promise<readonly Device[]>;
  readonly probeTfjs: () => Promise<{ readonly sentence: string; readonly command: string | null }>;
  readonly checkStore: () => string;
  readonly gitVersion: () => Promise<string | null>;
}

/** Below this the sidecar warns: a training writes checkpoints, features and objects. */
const LOW_DISK_BYTES = 1e9;

/** What `doctor` says: one finding each, none of them cut short by another that fails. */
export const examine = async (needs: ExamineNeeds): Promise<Finding[]> => {
  const devices = await needs.devices();
  return [
    ...Object.entries(needs.versions).map(([name, version]) => ok(name, version)),
    await git(needs),
    ...devices.map((device) => ok('device', deviceText(device))),
    await tfjs(needs),
    store(needs),
    disk(needs.layout),
  ];
};

const ok = (name: string, text: string): Finding => ({ name, state: 'ok', text, hint: null });

const git = async ({ gitVersion }: ExamineNeeds): Promise<Finding> => {
  const version = await gitVersion();
  return version === null
    ? {
        name: 'git',
        state: 'warning',
        text: 'not found',
        hint: 'Install Git, so that runs know the code they came from.',
      }
    : ok('git', version);
};

const deviceText = ({ id, name, engine, cores, memoryBytes, freeBytes, driver }: Device): string =>
  [
    `${id}: ${name}`,
    `engine ${engine}`,
    cores === null ? '' : `${cores} cores`,
    memoryBytes === null ? '' : bytesText(memoryBytes),
    freeBytes === null ? '' : `${bytesText(freeBytes)} free`,
    driver === null ? '' : `driver ${driver}`,
  ]
    .filter((part) => part !== '')
    .join(', ');

const tfjs = async ({ probeTfjs }: ExamineNeeds): Promise<Finding> => {
  const { sentence, command } = await probeTfjs();
  // It is optional: its absence is told, and is no fault.
  return { name: 'tfjs', state: 'ok', text: sentence, hint: command };
};

const store = ({ checkStore, layout }: ExamineNeeds): Finding => {
  const verdict = checkStore();
  return verdict === 'ok'
    ? ok('store', layout.database)
    : {
        name: 'store',
        state: 'fault',
        text: verdict,
        hint: `Move ${layout.database} away to begin anew; objects are kept.`,
      };
};

const disk = ({ home }: Layout): Finding => {
  accessSync(home, constants.W_OK);
  const { bavail, bsize } = statfsSync(home);
  const free = bavail * bsize;
  return free > LOW_DISK_BYTES
    ? ok('disk', `${bytesText(free)} free`)
    : {
        name: 'disk',
        state: 'warning',
        text: `only ${bytesText(free)} free`,
        hint: 'Make room before the next training.',
      };
};
