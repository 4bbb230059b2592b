import {
  type DataCollection,
  type KeptCollection,
  type KeptRestore,
  type PackGroup,
  type StoreCheck,
} from '../contract/data-upkeep.ts';
import type { RemoteCollection } from '../contract/remote.ts';
import type { RouteRequest } from '../contract/routes.ts';
import { agoText, bytesText, durationText } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { watching } from './data-remotes.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

export interface CollectOptions {
  readonly dryRun: boolean;
  readonly grace: number;
}

/** Removes stored bytes that no version needs. */
export const collectData = (shell: Shell, { dryRun, grace }: CollectOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const collected = await client.collectData({ dryRun, graceHours: grace });
    answer(shell, collected, () => describeCollection(collected));
    return exit.done;
  });

const describeCollection = (collected: DataCollection): string => {
  const { groups, versions, elsewhere, undone, dryRun, retiredBytes, freedBytes, kept } = collected;
  const lines = [`${versions} ${versions === 1 ? 'version is' : 'versions are'} needed.`];
  if (groups.length > 0) lines.push(groupTable(groups));
  if (elsewhere.length > 0) lines.push(`Not stored here: ${elsewhere.slice(0, 10).join(', ')}.`);
  if (undone) lines.push('A version was saved meanwhile, so nothing was removed. Ask again.');
  else if (dryRun) lines.push(`${bytesText(retiredBytes)} would go. Nothing was changed.`);
  else lines.push(`${bytesText(retiredBytes)} went into the trash, ${bytesText(freedBytes)} left the disk.`);
  if (kept.restores.length > 0) lines.push(describeKept(kept, Date.now()));
  return lines.join('\n');
};

/** Removes what restores have replaced and kept. @param days after which it goes; null for all of it */
export const collectKept = (
  shell: Shell,
  { dryRun, days }: { readonly dryRun: boolean; readonly days: number | null },
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const collected = await client.collectKept({ dryRun, days }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, collected, () =>
      collected.restores.length === 0
        ? 'No restore has kept anything that it replaced.'
        : describeKept(collected, Date.now()),
    );
    return exit.done;
  });

const keptFates: Readonly<Record<KeptRestore['fate'], string>> = {
  due: 'goes',
  young: 'stays: not that old',
  undoable: 'stays: an editor may still undo it',
};

const describeKept = ({ restores, dryRun, freedBytes }: KeptCollection, now: number): string => {
  const sum = (all: readonly KeptRestore[]) => bytesText(all.reduce((bytes, one) => bytes + one.bytes, 0));
  const due = restores.filter(({ fate }) => fate === 'due');
  const stay = restores.filter(({ fate }) => fate !== 'due');
  const gone =
    due.length === 0 ? [] : [`${bytesText(freedBytes)} that ${restoresText(due)} had replaced left the disk.`];
  const staying =
    stay.length === 0 ? [] : [`${sum(stay)} that ${restoresText(stay)} replaced stay in .trainyard/kept.`];
  if (!dryRun) return [...gone, ...staying].join('\n');
  return [
    `Restores have kept ${sum(restores)} of what they replaced, in .trainyard/kept:`,
    table(
      ['restored', 'data or file', 'files', 'size', 'it'],
      restores.map(({ at, path, example, files, bytes, fate }) => [
        agoText(at, now),
        path ?? `${example ?? '–'}${files > 1 ? ', …' : ''}`,
        String(files),
        bytesText(bytes),
        keptFates[fate],
      ]),
    ),
    `${sum(due)} would go. Nothing was changed.`,
  ].join('\n');
};

const restoresText = ({ length }: readonly KeptRestore[]): string =>
  `${length} ${length === 1 ? 'restore' : 'restores'}`;

const reasons: Readonly<Record<PackGroup['fate'], string>> = {
  live: 'stay: most of it is needed',
  young: 'stay: too new to be judged',
  dead: 'go: nothing of it is needed',
  sparse: 'are written anew: less than 60 % of it is needed',
  small: 'are put together: many are small',
};

const groupTable = (groups: readonly PackGroup[]): string =>
  table(
    ['packs', 'pieces', 'size', 'needed', 'they'],
    groups.map(({ packs, blobs, bytes, neededBytes, fate }) => [
      String(packs),
      String(blobs),
      bytesText(bytes),
      bytesText(neededBytes),
      reasons[fate],
    ]),
  );

/** Removes packs from a remote that no version on its lists needs. */
export const collectRemote = (
  shell: Shell,
  { dryRun, grace }: CollectOptions,
  remote: string | undefined,
): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const collected = await client.collectRemote({ dryRun, graceHours: grace, ...at(remote) }, watching(shell));
    shell.screen.clearStatus();
    answer(shell, collected, () => describeRemoteCollection(collected, grace));
    return exit.done;
  });

const at = (remote: string | undefined) => (remote === undefined ? {} : { remote });

const describeRemoteCollection = (
  { versions, needed, rewritten, waiting, nextAt, removed, leftovers, dryRun }: RemoteCollection,
  grace: number,
): string => {
  const lines = [
    `${versions} ${versions === 1 ? 'version is' : 'versions are'} listed there; they need ${packText(needed)}.`,
  ];
  if (rewritten.packs > 0) {
    const of = `${bytesText(rewritten.bytes)} that they need of ${rewritten.packs} packs`;
    lines.push(`${of}, little of each, ${dryRun ? 'would move' : 'have moved'} into new ones.`);
  }
  if (waiting.packs > 0)
    lines.push(
      `${packText(waiting)} are needed by none, not yet for ${grace} hours; ${laterText(nextAt)} removes them.`,
    );
  if (dryRun)
    lines.push(`${packText(removed)} would go, ${leftovers} broken uploads would be ended. Nothing was changed.`);
  else lines.push(`${packText(removed)} went for good, ${leftovers} broken uploads were ended.`);
  return lines.join('\n');
};

const laterText = (nextAt: number | null): string => {
  const left = nextAt === null ? 0 : nextAt - Date.now();
  return left <= 0 ? 'a later collection' : `a collection in ${durationText(left)}, or later,`;
};

const packText = ({ packs, bytes }: RemoteCollection['removed']): string =>
  `${packs} ${packs === 1 ? 'pack' : 'packs'} (${bytesText(bytes)})`;

/** Compares the bytes of the whole store with their names, and repairs them if asked to. */
export const verifyStore = (shell: Shell, request: RouteRequest<'verifyData'>): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const found = await client.verifyData(request);
    answer(shell, found, () => describeCheck(found));
    const whole = found.repaired === null ? found.damage.length === 0 && found.files.length === 0 : isRepaired(found);
    return whole ? exit.done : exit.fault;
  });

const isRepaired = ({ files, repaired }: StoreCheck): boolean => files.length === 0 && repaired?.lost === 0;

/** The most lines of each sort; \`--json\` gives all. */
const SHOWN = 20;

const describeCheck = ({ packs, blobs, bytes, damage, files, repaired }: StoreCheck): string => {
  const lines = [`${packs} packs looked at, ${blobs} pieces read (${bytesText(bytes)}).`];
  for (const { pack, part, blob, why } of damage.slice(0, SHOWN)) {
    lines.push(`${pack.slice(0, 12)}….${part}${blob === null ? '' : `, piece ${blob.slice(0, 12)}`}: ${why}`);
  }
  if (damage.length > SHOWN) lines.push(`… and ${damage.length - SHOWN} more places.`);
  if (repaired !== null) {
    const { indexes, blobs: brought, packs: written, lost } = repaired;
    lines.push(
      `Repaired: ${indexes} indexes made anew, ${brought} pieces brought back, ${written} packs written anew, ${lost} pieces lost.`,
    );
  }
  for (const { version, path, files: count } of files.slice(0, SHOWN)) {
    lines.push(`${version}: ${path ?? 'all files'}${more(count)} cannot be read`);
  }
  if (files.length > SHOWN) lines.push(`… and ${files.length - SHOWN} more.`);
  if (damage.length === 0 && files.length === 0) lines.push('Everything is whole.');
  return lines.join('\n');
};

const more = (count: number | null): string => (count === null || count === 1 ? '' : ` and ${count - 1} more`);

/** Lets go of a version of the catalog. */
export const forgetData = (shell: Shell, request: RouteRequest<'forgetData'>): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const forgotten = await client.forgetData(request);
    const name = `${forgotten.dataset}@v${forgotten.version}`;
    const done = request.dryRun ? 'can be forgotten' : 'is forgotten';
    answer(shell, forgotten, () =>
      forgotten.stillNamed
        ? `${name} ${done}. A pointer in Git or on disk still names its bytes, so they stay.`
        : `${name} ${done}. \`trainyard data gc\` removes what only it needed.`,
    );
    return exit.done;
  });

/** Takes a version off the list of a remote. */
export const forgetRemote = (shell: Shell, request: RouteRequest<'forgetRemote'>): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const forgotten = await client.forgetRemote(request, watching(shell));
    shell.screen.clearStatus();
    const name = `${forgotten.dataset}@v${forgotten.version}`;
    answer(shell, forgotten, () =>
      [
        `${name} ${request.dryRun ? 'can be taken' : 'is'} off the list of the remote. \`trainyard data gc --remote\` removes there what only it needed.`,
        ...(forgotten.stillNamed ? ['A pointer in Git or on disk names it: nobody can pull that one any more.'] : []),
      ].join('\n'),
    );
    return exit.done;
  });
