import { z } from 'zod';
import type { CallOptions } from './call.ts';
import { DataCheck } from './data-check.ts';
import { ComparedFilePage, DataComparison, DataDifference, DataSide, FileChangeKind } from './data-difference.ts';
import { DataCollection, DataUse, ForgottenData, KEPT_DAYS, KeptCollection, StoreCheck } from './data-upkeep.ts';
import { DatasetStatus, DatasetVersion, DataWatching } from './dataset.ts';
import { DataBranch, MergeChoice, MergedData, PointerState, TrackedList } from './data-merge.ts';
import { Endpoint, EndpointAccess } from './deployment.ts';
import { Device } from './device.ts';
import { FaultReport } from './fault.ts';
import { Greeting } from './greeting.ts';
import { Hash, RunId } from './ids.ts';
import { AliasMove, ModelEntry } from './model.ts';
import { Remote, RemoteCollection, RemoteState, Transfer } from './remote.ts';
import { Comparison, Curve, LogLine, Run, RunSummary } from './run.ts';
import { Training } from './training.ts';
import { DriftReport } from './watch.ts';

const route = <Input extends z.ZodType, Output extends z.ZodType>(input: Input, output: Output) => ({ input, output });
const nothing = z.object({});
const alias = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, dashes or underscores');

/** What a `training.yaml` means, or why it means nothing. */
export const ValidatedConfiguration = z.object({
  training: Training.nullable(),
  findings: z.array(FaultReport),
});

/** `doctor`: one line of the health check. */
export const Finding = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warning', 'fault']),
  text: z.string(),
  hint: z.string().nullable(),
});
export type Finding = z.infer<typeof Finding>;

/** Which versions a transfer is about; what is left out is the chosen remote, all data sets, all versions. */
const transfer = z.object({
  remote: z.string().optional(),
  dataset: z.string().optional().describe('Its name or its path.'),
  version: z.number().int().positive().optional(),
});

const keep = z
  .enum(['unstored', 'all'])
  .default('unstored')
  .describe('What of it is kept: files that no version holds, or all that go, so that it can be undone.');

/** What was done to files on disk. */
const restoredData = z.object({
  written: z.number().int(),
  removed: z.number().int(),
  kept: z.string().nullable().describe('Folder with the files that were replaced and kept.'),
});

/** One data set that was brought here. */
export const PulledData = z.object({
  dataset: DatasetVersion,
  transfer: Transfer,
  restored: restoredData.nullable().describe('Null where nothing was put onto the disk.'),
  refused: z.string().nullable().describe('Why nothing was: what lies there would be lost.'),
});

/** The one table that the sidecar mounts (`POST /<name>` with JSON both ways) and its clients call. */
export const routes = {
  hello: route(nothing, Greeting),
  /** Keeps the sidecar alive while a client lives; renewed every few seconds, gone after 15 s of silence. */
  renewLease: route(z.object({ client: z.string().min(1).max(100) }), nothing),
  releaseLease: route(z.object({ client: z.string().min(1).max(100) }), nothing),

  validateConfiguration: route(z.object({ path: z.string(), text: z.string().optional() }), ValidatedConfiguration),
  listDevices: route(nothing, z.array(Device)),
  examine: route(nothing, z.array(Finding)),

  startRun: route(
    z.object({
      configuration: z.string().describe('Path of the training.yaml, relative to the workspace.'),
      overrides: z
        .record(z.string(), z.string())
        .default({})
        .describe('`--set` pairs, for example `{"optimizer.lr": "0.01"}`.'),
      until: z.enum(['evaluate', 'gate', 'register', 'monitor']).default('monitor'),
      fresh: z.boolean().default(false).describe('Train again even where an equal run has been done before.'),
      promote: z.boolean().default(false).describe('Move the champion to the new version once it is cleared.'),
    }),
    RunSummary,
  ),
  /** A new run that goes on where the training of an interrupted, cancelled or failed one stopped. */
  resumeRun: route(
    z.object({
      run: RunId,
      until: z.enum(['evaluate', 'gate', 'register', 'monitor']).default('monitor'),
      promote: z.boolean().default(false).describe('Move the champion to the new version once it is cleared.'),
    }),
    RunSummary,
  ),
  cancelRun: route(z.object({ run: RunId }), RunSummary),
  listRuns: route(
    z.object({ experiment: z.string().optional(), limit: z.coerce.number().int().positive().max(10_000).default(200) }),
    z.array(RunSummary),
  ),
  getRun: route(z.object({ run: RunId }), Run),
  getCurves: route(
    z.object({
      runs: z.array(RunId).min(1).max(8),
      names: z.array(z.string()).optional(),
      pixels: z.coerce.number().int().min(10).max(10_000).default(1200),
    }),
    z.array(Curve),
  ),
  getLog: route(
    z.object({ run: RunId, last: z.coerce.number().int().positive().max(100_000).default(1000) }),
    z.array(LogLine),
  ),
  compareRuns: route(z.object({ runs: z.array(RunId).min(2).max(8) }), Comparison),

  listDatasets: route(nothing, z.array(DatasetVersion)),
  versionDataset: route(z.object({ path: z.string() }), DatasetVersion),
  /** Files, rows and pictures that differ between two states of a data set. */
  compareData: route(DataComparison, DataDifference),
  /** Data sets whose pointers differ between two states of the repository, or that are versioned where one is the disk. */
  listChangedData: route(z.object({ from: DataSide, to: DataSide }), z.array(z.string())),
  /** The files of a difference that was computed, a page at a time. */
  listComparedFiles: route(
    z.object({
      difference: Hash,
      change: FileChangeKind.nullable().default(null).describe('Only files with this change.'),
      offset: z.number().int().nonnegative().default(0),
      limit: z.number().int().positive().max(10_000).default(1_000),
    }),
    ComparedFilePage,
  ),
  /** A difference that was computed as Markdown, for a pull request. */
  describeDataDifference: route(z.object({ difference: Hash }), z.object({ markdown: z.string() })),
  /** Judges `data.checks`: of the data on disk, or of the versions that are about to be committed. */
  checkData: route(
    z.object({
      path: z.string().optional().describe('A configuration, or data by path or name. Default: all that have checks.'),
      staged: z
        .object({ index: z.string().nullable().describe('File of the index, as Git names it to a hook.') })
        .optional()
        .describe('Check what the staged pointers name, instead of the disk.'),
    }),
    z.array(DataCheck),
  ),
  dataStatus: route(z.object({ dataset: z.string().describe('Its name or its path.') }), DatasetStatus),
  restoreDataset: route(
    z.object({
      dataset: z.string(),
      version: z.number().int().positive(),
      force: z.boolean().default(false),
      paths: z.array(z.string()).optional().describe('Files and folders of the data set, to bring only these.'),
      keep,
    }),
    restoredData,
  ),
  /** Takes back a restore that kept all it replaced: what lay there before lies there again. */
  undoRestore: route(
    z.object({
      dataset: z.string(),
      version: z.number().int().positive().describe('What the pointer named before.'),
      kept: z.string().describe('The folder that the restore has named.'),
    }),
    restoredData,
  ),
  /** From now on `dataTouched` tells when the data at this path may have changed on disk. */
  watchData: route(z.object({ path: z.string() }), DataWatching),
  verifyDataset: route(
    z.object({ dataset: z.string(), version: z.number().int().positive() }),
    z.object({ files: z.number().int(), damaged: z.array(z.string()) }),
  ),

  /** Data that files of DVC name, and where its bytes are. */
  listTrackedData: route(nothing, TrackedList),
  /** Takes the version that a file of DVC names into the catalog; nothing on disk changes. */
  adoptData: route(z.object({ path: z.string() }), DatasetVersion),
  /** Writes a version into DVC's cache. */
  exportToDvc: route(
    z.object({ dataset: z.string(), version: z.number().int().positive() }),
    z.object({
      cache: z.string(),
      objects: z.number().int().describe('Written; the others were there.'),
      bytes: z.number().int(),
      present: z.number().int().describe('That were there, their bytes compared with their names.'),
      repaired: z.number().int().describe('Of those written: damaged ones that were there.'),
    }),
  ),
  /** Branches that have data, the newest commit first; without the one that is checked out. */
  listDataBranches: route(nothing, z.array(DataBranch)),
  /** Merges the data of another branch into the data of this one. */
  mergeData: route(
    z.object({
      branch: z.string().min(1),
      all: MergeChoice.nullable().default(null).describe('For every conflict; null leaves them to be resolved.'),
      force: z.boolean().default(false),
    }),
    z.array(MergedData),
  ),
  /** Merges that wait for their conflicts to be resolved. */
  listMerges: route(nothing, z.array(MergedData)),
  resolveData: route(
    z.object({
      data: z.string(),
      all: MergeChoice.nullable().default(null),
      choices: z.record(z.string(), MergeChoice).default({}).describe('By path inside the data set.'),
      force: z.boolean().default(false),
    }),
    MergedData,
  ),
  abandonMerge: route(z.object({ data: z.string() }), nothing),
  /** Takes back what a version has changed, and keeps what came after it. */
  revertData: route(
    z.object({
      data: z.string(),
      version: z.number().int().positive().nullable().default(null).describe('Null: what the pointer names.'),
      force: z.boolean().default(false),
    }),
    MergedData,
  ),
  /** Merges the text of a pointer, for Git. */
  mergePointers: route(
    z.object({ pointer: z.string(), base: z.string().nullable(), ours: z.string(), theirs: z.string() }),
    z.object({ text: z.string(), conflicts: z.number().int() }),
  ),
  /** Whether data on disk is what its pointers name, as after a checkout. */
  checkPointers: route(z.object({ restore: z.boolean().default(false) }), z.array(PointerState)),
  /**
   * Removes stored bytes that no version needs: none of the catalog, of a pointer on disk or of one in Git. And what
   * restores have kept for longer than `KEPT_DAYS`.
   */
  collectData: route(
    z.object({
      dryRun: z.boolean().default(false),
      graceHours: z.number().nonnegative().default(24).describe('Nothing younger is taken.'),
    }),
    DataCollection,
  ),
  /** Removes what restores have replaced and kept; it can then be undone no more. */
  collectKept: route(
    z.object({
      dryRun: z.boolean().default(false),
      days: z.number().nonnegative().nullable().default(KEPT_DAYS).describe('Nothing younger is taken; null for all.'),
    }),
    KeptCollection,
  ),
  /** Compares the bytes of the whole store with their names. */
  verifyData: route(
    z.object({
      depth: z
        .union([z.enum(['quick', 'full']), z.object({ share: z.number().positive().max(1) })])
        .default('full')
        .describe('quick: sizes and ends of packs; share: as much of the pieces as well; full: every byte.'),
      repair: z.boolean().default(false).describe('Bring back what is damaged from the files on disk and the remote.'),
    }),
    StoreCheck,
  ),
  listDataUse: route(z.object({ version: Hash }), DataUse),
  /** Lets go of a version that no run and no model was made of; its bytes go with the next collection. */
  forgetData: route(
    z.object({
      dataset: z.string(),
      version: z.number().int().positive(),
      dryRun: z.boolean().default(false).describe('Only say whether it can be, and what then still names it.'),
    }),
    ForgottenData,
  ),
  /** Removes packs from a remote that no version on its lists needs, and what broken uploads have left there. */
  collectRemote: route(
    z.object({
      remote: z.string().optional().describe('Its name; the default remote where it is left out.'),
      dryRun: z.boolean().default(false),
      graceHours: z.number().nonnegative().default(24).describe('Nothing is removed that was needed since.'),
    }),
    RemoteCollection,
  ),
  /** Takes a version off the list of a remote; here it stays. Its bytes go with a collection there. */
  forgetRemote: route(
    z.object({
      remote: z.string().optional().describe('Its name; the default remote where it is left out.'),
      dataset: z.string(),
      version: z.number().int().positive(),
      dryRun: z.boolean().default(false).describe('Only say whether it can be, and what then still names it.'),
    }),
    ForgottenData,
  ),
  listRemotes: route(nothing, z.array(Remote)),
  /** Adds a remote to `.dvc/config`, or changes one; keys and passwords go to `config.local`. */
  addRemote: route(
    z.object({
      name: z.string(),
      url: z.string().min(1).describe('s3://bucket/folder, ssh://host/folder, https://host/folder, or a folder.'),
      settings: z.record(z.string(), z.string()).default({}).describe('As DVC names them, such as `endpointurl`.'),
    }),
    z.array(Remote),
  ),
  removeRemote: route(z.object({ name: z.string() }), z.array(Remote)),
  chooseRemote: route(z.object({ name: z.string() }), z.array(Remote)),
  remoteStatus: route(z.object({ remote: z.string().optional() }), z.array(RemoteState)),
  pushData: route(
    transfer.extend({
      dvc: z.boolean().default(false).describe('A file an object, as DVC lays them, for `dvc pull`.'),
    }),
    Transfer,
  ),
  /** Brings versions here, and nothing onto the disk. */
  fetchData: route(transfer, z.array(PulledData)),
  /** Brings what the pointers of the workspace name onto the disk, wherever no file would be lost by it. */
  pullData: route(
    transfer.extend({ force: z.boolean().default(false).describe('Also where files would be; they are kept.'), keep }),
    z.array(PulledData),
  ),

  listModels: route(nothing, z.array(ModelEntry)),
  promoteModel: route(
    z.object({
      model: z.string(),
      version: z.number().int().positive(),
      alias: alias.default('champion'),
      why: z.string().max(1000).default(''),
    }),
    AliasMove,
  ),
  rollbackModel: route(
    z.object({ model: z.string(), alias: alias.default('champion'), why: z.string().max(1000).default('') }),
    AliasMove,
  ),
  listAliasMoves: route(z.object({ model: z.string() }), z.array(AliasMove)),
  exportModel: route(
    z.object({ model: z.string(), version: z.number().int().positive(), to: z.string() }),
    z.object({ path: z.string(), bytes: z.number().int() }),
  ),

  listEndpoints: route(nothing, z.array(Endpoint)),
  openEndpoint: route(
    z.object({
      model: z.string(),
      version: z.number().int().positive().optional(),
      port: z.number().int().min(0).max(65535).optional(),
    }),
    EndpointAccess,
  ),
  accessEndpoint: route(z.object({ endpoint: z.string() }), EndpointAccess),
  closeEndpoint: route(z.object({ endpoint: z.string() }), Endpoint),
  getDrift: route(z.object({ endpoint: z.string() }), DriftReport),
  shutdown: route(nothing, nothing),
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
export type RouteInput<Name extends RouteName> = z.input<Routes[Name]['input']>;
export type RouteRequest<Name extends RouteName> = z.output<Routes[Name]['input']>;
export type RouteReply<Name extends RouteName> = z.output<Routes[Name]['output']>;

/** What a sidecar does: one function a route. A route without a handler does not compile. */
export type Api = { readonly [Name in RouteName]: (request: RouteRequest<Name>) => Promise<RouteReply<Name>> };
/** The same as a client sees it: defaults may be left out, and it may listen to the progress or end the work. */
export type Client = {
  readonly [Name in RouteName]: (request: RouteInput<Name>, call?: CallOptions) => Promise<RouteReply<Name>>;
};
