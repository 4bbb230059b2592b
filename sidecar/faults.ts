import type { FaultCode, FaultReport, Place } from './contract/fault.ts';

/** An expected refusal: a code from the closed table, a sentence, and what to do about it. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly hint: string | undefined;
  readonly places: readonly Place[];

  constructor(
    code: FaultCode,
    message: string,
    more: { hint?: string; places?: readonly Place[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Fault';
    this.code = code;
    this.hint = more.hint;
    this.places = more.places ?? [];
  }
}

/** The fault as it travels to a client. */
export const reportFault = (fault: Fault): FaultReport => ({
  code: fault.code,
  message: fault.message,
  ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  ...(fault.places.length === 0 ? {} : { places: [...fault.places] }),
});

/** The fault that a client or a parent process received, as an error again. */
export const reviveFault = (report: FaultReport): Fault =>
  new Fault(report.code, report.message, {
    ...(report.hint === undefined ? {} : { hint: report.hint }),
    ...(report.places === undefined ? {} : { places: report.places }),
  });

export const configurationMissing = (path: string, cause: unknown) =>
  new Fault('configuration-missing', `${path} cannot be read.`, {
    hint: 'Give the path of a training.yaml, relative to the workspace.',
    cause,
  });

/** All findings of a file as one refusal: the first in full, the others counted; every place is named. */
export const configurationInvalid = (path: string, findings: readonly FaultReport[]) => {
  const [first, ...others] = findings;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return new Fault('configuration-invalid', `${first?.message ?? `${path} is not valid.`}${more}`, {
    hint: first?.hint ?? `Correct ${path}; nothing was started.`,
    places: findings.flatMap((finding) => finding.places ?? []),
  });
};

/** A setting that the data do not go with: known only when they are read. @param setting as a path, `features[2]` */
export const settingInvalid = (setting: string, why: string, hint: string) =>
  new Fault('configuration-invalid', `\`${setting}\` in training.yaml: ${why}.`, { hint });

export const datasetMissing = (path: string) =>
  new Fault('dataset-missing', `There is no data at ${path}.`, {
    hint: 'Check data.dataset in training.yaml; it is read relative to the workspace.',
  });

/** Its pointer is here, as after `git clone`. */
export const dataNotHere = (path: string) =>
  new Fault('dataset-missing', `The data of ${path}.dvc is not here.`, {
    hint: `Bring it by \`trainyard data pull ${path}\`, or \`trainyard checkout\` where a version of it is in this workspace.`,
  });

export const datasetEmpty = (path: string) =>
  new Fault('dataset-empty', `The data set at ${path} holds no rows.`, {
    hint: 'An image folder has one folder a class, with PNG or JPEG files inside.',
  });

export const classEmpty = (name: string, path: string) =>
  new Fault('dataset-class-empty', `The class “${name}” of ${path} holds no images.`, {
    hint: 'Add images to that folder or remove it.',
  });

export const oneClassOnly = (name: string, path: string) =>
  new Fault(
    'dataset-one-class',
    `The data set at ${path} has only one class, “${name}”, so there is nothing to tell apart.`,
    {
      hint: 'A classifier needs at least two classes.',
    },
  );

export const dataUnreadable = (file: string, why: string) =>
  new Fault('dataset-unreadable', `${file} cannot be read: ${why}.`, {
    hint: 'Repair or remove the file; no file is left out in silence.',
    places: [{ file }],
  });

/** @param source as `data.source` has it */
export const sourceUnusable = (source: string, why: string) =>
  new Fault('download-failed', `${source} is no source of this data set: ${why}.`, {
    hint: 'data.source is the address of a mirror, or a folder with the files, packed or unpacked. Without it they come from their home.',
  });

/** @param wanted a name or a path */
export const datasetUnknown = (wanted: string) =>
  new Fault('dataset-missing', `There is no versioned data set ${wanted}.`, {
    hint: 'Version it with `trainyard version <path>`; without a path, that lists what there is.',
  });

export const pointerNamesNothing = (pointer: string) =>
  new Fault('version-missing', `${pointer} names no version that is known here.`, {
    hint: 'Version the data, or restore one of its versions; either writes the pointer anew.',
    places: [{ file: pointer }],
  });

export const trackedNotKnown = ({ path, file }: { readonly path: string; readonly file: string }) =>
  new Fault('version-missing', `${file} names a version of ${path} that is not known here.`, {
    hint: `Take it over from DVC's cache by \`trainyard data adopt ${path}\`, or bring it by \`trainyard data pull ${path}\`.`,
    places: [{ file }],
  });

/** @param target of `dvc commit` */
export const writtenByDvc = (path: string, file: string, target: string) =>
  new Fault(
    'request-invalid',
    `${path} has no pointer of its own: ${file} names its version, and only DVC writes that.`,
    {
      hint: `Put an earlier version on disk by \`trainyard checkout\`, and let DVC name it by \`dvc commit ${target}\`; or change what makes it.`,
      places: [{ file }],
    },
  );

export const versionMissing = (name: string, version: string, known: readonly string[]) =>
  new Fault('version-missing', `The data set ${name} has no version ${version}.`, {
    hint:
      known.length === 0
        ? 'It has no version yet; train once or run `trainyard version`.'
        : `It has ${known.join(', ')}.`,
  });

/** @param known names of data sets that have a version */
export const dataUnknown = (data: string, known: readonly string[]) =>
  new Fault('dataset-missing', `There is no data set ${data}.`, {
    hint:
      known.length === 0
        ? 'No data is versioned yet; run `trainyard version` with its path.'
        : `Versioned are ${known.join(', ')}.`,
  });

export const pointerOfOtherData = (pointer: string, path: string) =>
  new Fault('version-missing', `${pointer} names other data than ${path}.`, {
    hint: 'Give the path of the data as the pointer has it.',
    places: [{ file: pointer }],
  });

/** @param broken every broken condition that blocks, in words */
export const dataCheckFailed = (data: string, broken: readonly string[], places: readonly Place[]) =>
  new Fault(
    'data-check-failed',
    `${data} does not meet ${broken.length === 1 ? 'a check' : `${broken.length} checks`} of its configuration. ${broken[0] ?? ''}`,
    {
      hint: 'Correct the data, or let the check warn by `on_fail: warn`. `trainyard data check` shows all.',
      places,
    },
  );

export const noDataChecks = (path: string) =>
  new Fault('request-invalid', `No configuration of this workspace has checks for ${path}.`, {
    hint: 'Write them under `data.checks` in the training.yaml that trains on it.',
  });

export const differenceMissing = () =>
  new Fault('version-missing', 'This difference is no longer kept.', { hint: 'Compare the two states once more.' });

export const revisionUnknown = (revision: string) =>
  new Fault('request-invalid', `Git knows no commit ${revision} here.`, {
    hint: 'Give a branch, a tag or a commit of the repository that holds the workspace.',
  });

/** @param version its hash: the catalog knows it, and the store has nothing of it */
export const versionNotStored = (version: string) =>
  new Fault('version-missing', `The bytes of the data version ${version.slice(0, 12)} are not stored here.`, {
    hint: 'Pull it from a remote, or version the data again: equal files get the same version.',
  });

export const versionDamaged = (name: string, files: readonly string[]) =>
  new Fault(
    'version-damaged',
    `The stored bytes of ${name} are damaged: ${files.slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}.`,
    { hint: 'Nothing was written. If the files on disk are right, version them again.' },
  );

/** @param users runs and models */
export const versionInUse = (name: string, users: readonly string[]) =>
  new Fault(
    'version-in-use',
    `${name} is what ${users.slice(0, 3).join(', ')}${users.length > 3 ? ` and ${users.length - 3} more` : ''} came from.`,
    { hint: 'A version stays as long as a run or a model was made of it, so that both can be made again.' },
  );

export const objectMissing = (hash: string) =>
  new Fault('store-damaged', `The object ${hash.slice(0, 12)} is not in .trainyard/objects.`, {
    hint: 'Version the data or train again to bring it back.',
  });

export const objectDamaged = (hash: string) =>
  new Fault('store-damaged', `The stored bytes of the object ${hash.slice(0, 12)} are not those it is named by.`, {
    hint: 'Remove that file below .trainyard/objects, then version the data or train again to bring it back.',
  });

/** @param damagedPacks names of packs whose index cannot be read; the blob may lie in one of them */
export const blobMissing = (id: string, damagedPacks: readonly string[]) => {
  const [damaged] = damagedPacks;
  return new Fault('store-damaged', `The piece ${id.slice(0, 12)} of a data version is not in .trainyard/data.`, {
    hint:
      damaged === undefined
        ? 'Pull the data, or version the files on disk again, to bring it back.'
        : `The index of the pack ${damaged.slice(0, 12)} is damaged; \`trainyard data verify --repair\` makes it anew.`,
  });
};

export const blobDamaged = (id: string, pack: string) =>
  new Fault(
    'store-damaged',
    `The piece ${id.slice(0, 12)} of a data version is damaged in .trainyard/data/packs/${pack.slice(0, 12)}….pack.`,
    { hint: 'Run `trainyard data verify --repair`; it takes the piece from the files on disk or from a remote.' },
  );

/** @param what it was taken for */
export const nodeUnreadable = (id: string, what: string, why: string) =>
  new Fault('store-damaged', `The piece ${id.slice(0, 12)} of a data version is no ${what}: ${why}.`, {
    hint: 'It was made by something else than this version of Trainyard. Update Trainyard, or version the data again.',
  });

export const contentWrong = (content: string) =>
  new Fault(
    'store-damaged',
    `The pieces of the file ${content.slice(0, 12)} do not have the sizes that its row says.`,
    {
      hint: 'It was made by something else than this version of Trainyard. Version the data again.',
    },
  );

/** Nothing is collected while it is not known for sure what is needed. */
export const storeNotWhole = (pack: string) =>
  new Fault('store-damaged', `The pack ${pack.slice(0, 12)} of data versions is damaged; nothing was removed.`, {
    hint: 'Run `trainyard data verify --repair` first.',
  });

/** @param version that is in the catalog of this workspace, so that its bytes should be here */
export const versionNotWhole = (version: string, why: string) =>
  new Fault('store-damaged', `The data version ${version} cannot be read whole, so nothing was removed: ${why}`, {
    hint: 'Run `trainyard data verify --repair`, or pull the version, and collect again.',
  });

export const packGone = (pack: string) =>
  new Fault('store-damaged', `The pack ${pack.slice(0, 12)} vanished while data was being versioned.`, {
    hint: 'Nothing was saved. Version the data again, and remove nothing below .trainyard/data by hand.',
  });

export const dataNotVersionable = (path: string, why: string) =>
  new Fault('dataset-unreadable', `${path} cannot be versioned: ${why}.`, {
    hint: 'Data sets are files and folders inside the workspace; nothing is left out in silence.',
    places: [{ file: path }],
  });

/** @param at line and column from 1, where they are known */
export const dvcFileUnreadable = (file: string, why: string, at?: { readonly line: number; readonly col: number }) =>
  new Fault('pointer-unreadable', `${file} cannot be read: ${why}.`, {
    hint: 'It is a file of DVC: take it from Git again, or make it anew with `trainyard version` or `dvc add`.',
    places: [{ file, ...(at === undefined ? {} : { line: at.line, column: at.col }) }],
  });

/** @param files of the data; none when `path` is the damaged object itself */
export const cacheDamaged = (path: string, files: readonly string[]) =>
  new Fault(
    'version-damaged',
    files.length === 0
      ? `${path} in DVC's cache is damaged: its bytes are not those that its name stands for.`
      : `DVC's cache holds damaged bytes of ${path}: ${firstOf(files)}.`,
    { hint: 'Nothing was taken from it. Remove the damaged objects from the cache and run `dvc pull`.' },
  );

export const cacheLacks = (path: string, cache: string, files: readonly string[]) =>
  new Fault(
    'version-missing',
    `The version of ${path} is not whole in DVC's cache (${cache}): ${firstOf(files)} missing.`,
    {
      hint: `Run \`dvc pull\`, or \`trainyard data pull\`, to bring it from a remote.`,
    },
  );

export const dvcDataUnknown = (path: string) =>
  new Fault('version-missing', `The file of DVC that names ${path} says no MD5 for it.`, {
    hint: 'Run `dvc repro`, `dvc update` or `dvc commit`, whichever makes it; data outside of caches has no version here.',
  });

export const dvcNamesNothing = (path: string, known: readonly string[]) =>
  new Fault('dataset-missing', `No file of DVC in this workspace names ${path}.`, {
    hint: known.length === 0 ? 'There is no data of DVC here.' : `Named are ${firstOf(known)}.`,
  });

export const dvcBusy = (lock: string, owner: string) =>
  new Fault(
    'store-locked',
    `DVC is at work in this repository${owner === '' ? '' : ` (process ${owner})`}: it holds ${lock}.`,
    {
      hint: 'Wait until it is done and try again.',
    },
  );

export const mergeRefused = (path: string, why: string) =>
  new Fault('merge-refused', `The versions of ${path} cannot be merged so: ${why}.`, {
    hint: 'Choose one side: `trainyard data resolve <data> --ours` or `--theirs`; or check out the version you want.',
  });

export const mergeOpen = (path: string) =>
  new Fault('merge-refused', `A merge of ${path} waits for its conflicts to be resolved.`, {
    hint: 'Resolve it with `trainyard data resolve`, or give it up with `trainyard data resolve --abort`.',
  });

export const mergeMoved = (path: string) =>
  new Fault('merge-refused', `${path}.dvc names another version than when the merge of ${path} began.`, {
    hint: 'Give the merge up with `trainyard data resolve --abort` and merge again.',
  });

export const mergeMissing = (path: string) =>
  new Fault('merge-refused', `No merge of ${path} waits for anything.`, {
    hint: '`trainyard data resolve` without a name lists the merges that do.',
  });

export const gitMissing = (root: string) =>
  new Fault('request-invalid', `${root} is in no Git repository.`, { hint: 'Run `git init` first.' });

export const nothingBefore = (name: string, version: number) =>
  new Fault('version-missing', `${name} v${version} is the first version: there is none before it.`, {
    hint: 'Name a later version, or check one out with `trainyard checkout`.',
  });

const firstOf = (files: readonly string[]): string =>
  `${files.slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`;

export const restoreRefused = (path: string, changed: number) =>
  new Fault(
    'restore-refused',
    `${path} holds ${changed} changed ${changed === 1 ? 'file that is' : 'files that are'} in no version.`,
    {
      hint: 'Version the data first, or restore with --force, which keeps what it replaces.',
    },
  );

export const nothingKept = (folder: string) =>
  new Fault('request-invalid', `${folder} holds nothing that a restore has kept.`, {
    hint: 'Give a folder inside .trainyard/kept, as the restore has named it.',
  });

/** @param asked null where none was named and none is the default */
export const remoteUnknown = (asked: string | null, known: readonly string[]) =>
  new Fault(
    'remote-unknown',
    asked === null ? 'No remote is chosen.' : `There is no remote “${asked}” in .dvc/config.`,
    {
      hint:
        known.length === 0
          ? 'Add one by `trainyard data remote add <name> <url>`: s3://bucket/folder, ssh://host/folder, https://…, or a folder.'
          : `There are ${known.join(', ')}; choose one by \`trainyard data remote default <name>\`.`,
    },
  );

/** A remote that is configured, but not so that it can be used. */
export const remoteUnusable = (remote: string, why: string, hint: string, cause?: unknown) =>
  new Fault('remote-unusable', `The remote ${remote} cannot be used: ${why}.`, { hint, cause });

export const remoteUntrusted = (host: string, port: number, verdict: 'unknown' | 'changed' | 'revoked') =>
  new Fault(
    'remote-untrusted',
    verdict === 'unknown'
      ? `The key of ${host} is not in ~/.ssh/known_hosts.`
      : `The key that ${host} shows is ${verdict === 'changed' ? 'not the one in ~/.ssh/known_hosts' : 'marked as revoked'}.`,
    {
      hint:
        verdict === 'unknown'
          ? `Connect once by \`ssh -p ${port} ${host}\` and compare the fingerprint.`
          : 'Somebody may listen in. Ask whoever runs the host before you change known_hosts.',
    },
  );

export const remoteUnreachable = (host: string, why: string, cause: unknown) =>
  new Fault('remote-unreachable', `${host} cannot be reached: ${why}.`, {
    hint: 'Check the network and the address of the remote. What has been sent or received is kept; the same command goes on from there.',
    cause,
  });

export const remoteRefused = (
  address: string,
  what: string,
  answer: string,
  hint = 'Look into the log of the server; the remote was not changed.',
) => new Fault('remote-refused', `${address} refused ${what}: ${answer}.`, { hint });

export const remoteReadOnly = (address: string) =>
  new Fault('remote-read-only', `${address} can only be pulled from.`, {
    hint: 'Push to the place behind it: its bucket, its folder, or by ssh.',
  });

export const remoteDamaged = (address: string, key: string, why: string) =>
  new Fault('remote-damaged', `${key} in ${address} is damaged: ${why}.`, {
    hint: 'Nothing of it was used. Remove it and, if it is a pack, its index from the remote, and push again from a place that has the data.',
  });

/** @param name of a list that several clients change */
export const remoteBusy = (address: string, name: string) =>
  new Fault('remote-refused', `The ${name} in ${address} changes all the time.`, {
    hint: 'Others are at work there too. What was sent is kept; the same command goes on as soon as they are done.',
  });

export const remoteSweeping = (address: string, minutes: number) =>
  new Fault('remote-refused', `A collection is removing packs from ${address} that this push needs.`, {
    hint: `Push again when it is done, or, if it has broken off, in ${minutes} minutes. What was sent is kept.`,
  });

export const remoteUnsafe = (address: string) =>
  new Fault(
    'remote-refused',
    `${address} ignores conditions (If-Match, If-None-Match), so that of two pushes one could get lost.`,
    {
      hint: 'Use another server or a newer release of this one; the data was sent, the list of versions may name it.',
    },
  );

/** @param known what it has of that data set */
export const remoteLacksVersion = (address: string, path: string, version: string, known: readonly string[]) =>
  new Fault('remote-lacks-version', `${address} does not have version ${version} of ${path}.`, {
    hint:
      known.length === 0
        ? 'Nobody has pushed this data set there: `trainyard data push` where the data is.'
        : `It has ${known.join(', ')}.`,
  });

/** @param lacking what was looked for among the files of DVC there */
export const remoteLacksNamed = (address: string, { path, md5 }: { path: string; md5: string }, lacking: string) => {
  const why =
    lacking === md5
      ? 'no version of Trainyard there has that MD5, and no file of DVC'
      : `no version of Trainyard there has that MD5, and of the files of DVC ${lacking} is missing`;
  return new Fault(
    'remote-lacks-version',
    `${address} does not have ${path} as its .dvc file names it, ${md5}: ${why}.`,
    {
      hint: `Where the data is: \`trainyard data adopt ${path}\` and \`trainyard data push\`, with \`--dvc\` if others pull it with DVC; or \`dvc push\`.`,
    },
  );
};

export const remoteLacksSeveral = (faults: readonly Fault[]) =>
  new Fault('remote-lacks-version', faults.map(({ message }) => message).join(' '), {
    hint: 'Everything else has been brought. `trainyard data push`, or `dvc push`, where that data is brings it there.',
  });

/** @param file relative to the workspace */
export const restoreBlocked = (file: string, cause: Error) =>
  new Fault('restore-refused', `${file} cannot be replaced: ${cause.message}.`, {
    hint: 'Make room for it and restore once more; what is left goes on from there, and nothing is lost.',
    places: [{ file }],
    cause,
  });

export const pathsMissing = (paths: readonly string[]) =>
  new Fault('request-invalid', `The version has nothing at ${paths.join(', ')}.`, {
    hint: 'Paths are relative to the data set, with forward slashes.',
  });

export const notInThisVersion = (what: string, instead: string, place: Place) =>
  new Fault('not-in-this-version', `${what} is not in this version of Trainyard.`, { hint: instead, places: [place] });

export const deviceMissing = (asked: string, present: readonly string[]) => {
  const set = `Set training.device to ${[...present, 'auto'].join(' or ')}.`;
  return new Fault('device-missing', `The device ${asked} is not there. Devices here: ${present.join(', ')}.`, {
    hint: asked.startsWith('cuda')
      ? `${set} If this machine has an NVIDIA card, \`trainyard devices install cuda\` brings what training needs there.`
      : set,
  });
};

export const engineMissing = (message: string) =>
  new Fault('engine-missing', message, {
    hint: 'Run `trainyard devices install tfjs` (“Trainyard: Set Up tensorflow.js” in VS Code), or set training.engine to onnx.',
  });

export const trainingDiverged = (what: string, hint: string) => new Fault('training-diverged', what, { hint });

/** @param fitting a batch size for which there is memory; undefined when there is for none */
export const memoryShort = (
  batch: number,
  { needed, budget }: { readonly needed: number; readonly budget: number },
  fitting: number | undefined,
) => {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return new Fault(
    'memory-short',
    `Training with ${batch} rows a batch takes about ${gigabytes(needed)} of memory; ${gigabytes(budget)} are free.`,
    {
      hint:
        fitting === undefined
          ? 'Choose a smaller model or a smaller data.image_size, or end other programs.'
          : `Set data.batch_size to ${fitting} or to auto; training.accumulate makes up for a smaller batch.`,
    },
  );
};

export const nothingToContinue = () =>
  new Fault('checkpoint-missing', 'There is no checkpoint of this training to go on from.', {
    hint: 'It goes on only with the same data, settings and machine. Start it again with `trainyard train`.',
  });

export const commandFailed = (command: string, how: string) =>
  new Fault('command-failed', `The command \`${command}\` ${how}.`, { hint: 'Its output is in the log of the run.' });

export const modelInvalid = (why: string) =>
  new Fault('model-invalid', `This is not a model that can be used: ${why}.`);

export const modelMissing = (model: string, version: string, known: readonly string[]) =>
  new Fault('model-missing', `There is no ${model} ${version} in the registry.`, {
    hint: known.length === 0 ? 'No model is registered yet; train one first.' : `Registered: ${known.join(', ')}.`,
  });

export const aliasMissing = (model: string, alias: string, why: string) =>
  new Fault('alias-missing', `The alias ${alias} of ${model} ${why}.`, { hint: 'Set it by `trainyard promote`.' });

export const runMissing = (run: string) =>
  new Fault('run-missing', `There is no run ${run} in this workspace.`, { hint: '`trainyard runs` lists them.' });

export const runNotActive = (run: string, status: string) =>
  new Fault('run-not-active', `Run ${run} is ${status}; there is nothing to cancel.`);

export const runNotResumable = (run: string, status: string) =>
  new Fault('run-not-active', `Run ${run} is ${status}; there is nothing to resume.`, {
    hint: 'Runs that were interrupted, cancelled or failed can be resumed.',
  });

export const endpointMissing = (endpoint: string) =>
  new Fault('endpoint-missing', `There is no endpoint ${endpoint}.`, {
    hint: 'Deploy a model by training it, or open one by `trainyard serve`.',
  });

export const portTaken = (port: number) =>
  new Fault('port-taken', `Port ${port} of 127.0.0.1 is taken by another program.`, {
    hint: 'Choose another deploy.port, or 0 for a free one.',
  });

export const diskFull = (path: string) =>
  new Fault('disk-full', `The disk that holds ${path} is full.`, {
    hint: 'Make room and start again; nothing acknowledged is lost.',
  });

/** Known before anything is written. */
export const spaceMissing = (path: string, { needed, free }: { readonly needed: number; readonly free: number }) =>
  new Fault(
    'disk-full',
    `${path} needs ${needed.toLocaleString('en')} bytes, and the disk has ${free.toLocaleString('en')} left.`,
    { hint: 'Make room and start again; nothing was written.' },
  );

export const fileNotWritable = (path: string, cause: unknown): Fault => {
  const error = explainDiskError(cause, path);
  if (error instanceof Fault) return error;
  const why = isNodeError(error) ? (error.code ?? error.message) : String(error);
  return new Fault('request-invalid', `${path} cannot be written (${why}).`, {
    hint: 'Give a file in a folder that is there and yours.',
    cause,
  });
};

export const requestInvalid = (message: string, hint?: string) =>
  new Fault('request-invalid', message, hint === undefined ? {} : { hint });

export const unauthorized = () => new Fault('unauthorized', 'The token is missing or wrong.');

export const contractMismatch = (theirs: number, ours: number) =>
  new Fault('contract-mismatch', `The running sidecar speaks contract ${theirs}, this program ${ours}.`, {
    hint: 'Reload all VS Code windows of this workspace, or end the sidecar by `trainyard doctor --stop`.',
  });

export const sidecarUnreachable = (why: string) =>
  new Fault('sidecar-unreachable', `The sidecar does not answer: ${why}.`, {
    hint: '`trainyard doctor` tells more; its log is in .trainyard/logs.',
  });

export const nodeTooOld = (version: string) =>
  new Fault('node-too-old', `Node ${version} is too old for Trainyard's native modules.`, {
    hint: 'Node 22.15 or later is needed; set trainyard.nodePath to one, or run through npm, which brings its own.',
  });

export const installationFailed = (what: string, why: string) =>
  new Fault('download-failed', `The installation of ${what} failed: ${why.replace(/\.$/, '')}.`, {
    hint: 'Nothing was changed. npm must be on PATH and reach its registry; `npm ping` tells whether it does.',
  });

export const cancelled = () => new Fault('cancelled', 'Cancelled.');

export const childDied = (job: string, how: string) =>
  new Fault('child-died', `The process that did “${job}” ended early: ${how}.`, {
    hint: 'If memory ran out, lower data.batch_size or data.image_size.',
  });

export const internalFault = (reference: string) =>
  new Fault('internal', `Something went wrong inside Trainyard (reference ${reference}).`, {
    hint: 'The log of the sidecar has the details; please report it with them.',
  });

const isNodeError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;

/** A full disk in the words of the fault table; any other error unchanged. */
export const explainDiskError = (error: unknown, path: string): unknown =>
  isNodeError(error) && (error.code === 'ENOSPC' || error.code === 'SQLITE_FULL' || error.code === 'EDQUOT')
    ? diskFull(path)
    : error;
