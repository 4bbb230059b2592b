import type { DataCheck } from '../../contract/data-check.ts';
import type { DatasetVersion } from '../../contract/dataset.ts';
import type { Place } from '../../contract/fault.ts';
import type { Hash } from '../../contract/ids.ts';
import type { Training } from '../../contract/training.ts';
import { isBuiltIn } from '../../datasets/built-in.ts';
import type { CheckedState } from '../../datasets/quality/check-state.ts';
import { dataCheckFailed, noDataChecks, versionMissing } from '../../faults.ts';
import type { DatasetCatalog } from '../../versions/catalog.ts';
import type { JobContext } from '../job.ts';
import { brokenText, judgeData, type CheckNeeds } from './check-version.ts';

/** A configuration of the workspace that is right. */
interface CheckedTraining {
  readonly path: string;
  readonly training: Training;
}

export interface CheckDeskNeeds extends CheckNeeds {
  readonly root: string;
  readonly catalog: Pick<DatasetCatalog, 'list'>;
  /**
   * The configurations of the workspace that are meant.
   * @param concerns tells by its path and its `data.dataset` whether one is; null for a text that cannot be read
   * @throws Fault `configuration-invalid` for one with findings: its checks would else be passed over in silence
   */
  readonly trainings: (
    concerns: (configuration: string, dataset: string | null) => boolean,
  ) => readonly CheckedTraining[];
  readonly namesData: (dataset: string, data: { readonly path: string; readonly name: string }) => boolean;
  /** Where a setting stands in a configuration. */
  readonly placeOf: (configuration: string, path: readonly (string | number)[]) => Place;
  /** Pointers that a commit would change, with their text in the index. @param index file of the index; null for the usual */
  readonly staged: (root: string, index: string | null) => Promise<readonly { pointer: string; text: string }[]>;
  /** The versions that the text of a pointer names, from wherever they can be had. */
  readonly adoptText: (text: string, pointer: string) => Promise<DatasetVersion[]>;
  readonly context: JobContext;
}

export interface CheckRequest {
  /** A configuration, or data by path or name; left out: everything that has checks. */
  readonly path?: string | undefined;
}

/** What a person does with `data.checks` outside a run. */
export interface CheckDesk {
  /** Checks the data as they lie on disk, or the version that is pinned. @throws Fault `configuration-invalid`, `dataset-…` */
  readonly check: (request: CheckRequest) => Promise<DataCheck[]>;
  /** Checks the versions that are about to be committed. @param index file of the index; null for the usual one */
  readonly checkStaged: (index: string | null) => Promise<DataCheck[]>;
  /**
   * Before a version goes to others: by a push, or into a branch.
   * @param label how the version is called in messages
   * @throws Fault `data-check-failed`
   */
  readonly refuseBroken: (version: {
    readonly path: string;
    readonly hash: Hash;
    readonly label: string;
  }) => Promise<void>;
}

export const createCheckDesk = (needs: CheckDeskNeeds): CheckDesk => {
  const judge = async (known: CheckedTraining, order: Judging): Promise<DataCheck> =>
    toDataCheck(
      known,
      order,
      needs,
      await judgeData({ ...order, root: needs.root, data: known.training.data }, needs, needs.context),
    );

  const checkVersionOf = (data: { path: string; name: string; hash: Hash; label: string }) =>
    inTurn(
      needs
        .trainings((_, dataset) => dataset === null || needs.namesData(dataset, data))
        .filter(({ training }) => hasChecks(training)),
      (known) => judge(known, { path: data.path, state: data.hash, label: data.label }),
    );
  return {
    check: ({ path }) => {
      const meant = needs.trainings((configuration, dataset) => isMeant({ configuration, dataset }, path, needs));
      const checked = meant.filter(({ training }) => hasChecks(training));
      if (path !== undefined && checked.length === 0) throw noDataChecks(path);
      return inTurn(checked, (known) => judge(known, judgingOf(known.training, needs)));
    },
    checkStaged: async (index) => {
      const staged = await needs.staged(needs.root, index);
      const versions = await inTurn(staged, ({ pointer, text }) => needs.adoptText(text, pointer));
      const checks = await inTurn(versions.flat(), ({ path, name, hash, version }) =>
        checkVersionOf({ path, name, hash, label: `staged (v${version})` }),
      );
      return checks.flat();
    },
    refuseBroken: async ({ path, hash, label }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const checks = await checkVersionOf({ path, name, hash, label });
      const broken = checks.flatMap(({ verdicts }) =>
        verdicts.filter(({ passed, onFail }) => !passed && onFail === 'block'),
      );
      if (broken.length > 0) {
        const said = broken.map(({ index, rule, sentence }) => brokenText({ index, words: rule, sentence }));
        throw dataCheckFailed(
          `${path} ${label}`,
          said,
          broken.map(({ place }) => place),
        );
      }
    },
  };
};

const hasChecks = ({ data }: Training): boolean => data.checks.length > 0;

/** One after the other: each reads all of its data. */
const inTurn = async <Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = [];
  for (const item of items) results.push(await act(item));
  return results;
};

const isMeant = (
  { configuration, dataset }: { readonly configuration: string; readonly dataset: string | null },
  path: string | undefined,
  { namesData }: CheckDeskNeeds,
): boolean => {
  if (path === undefined) return true;
  const tidy = path
    .replace(/^\.\//, '')
    .replace(/\/+$/, '')
    .replace(/\.dvc$/, '');
  return configuration === tidy || (dataset !== null && namesData(dataset, { path: tidy, name: tidy }));
};

interface Judging {
  readonly path: string;
  readonly state: Hash | 'disk';
  /** How the state is called. */
  readonly label: string;
}

/** A pinned version, and one of a built-in data set, does not lie in the workspace. */
const judgingOf = ({ data }: Training, { catalog }: CheckDeskNeeds): Judging => {
  const [, written = '', pinned] = /^(.+?)(?:@v?(\d+))?$/.exec(data.dataset) ?? [];
  const path = written.replace(/^\.\//, '').replace(/\/+$/, '');
  const versions = catalog.list().filter((version) => version.path === path || version.name === path);
  if (pinned === undefined && !isBuiltIn(path)) return { path, state: 'disk', label: 'disk' };
  const found = versions.find(({ version }) => pinned === undefined || version === Number(pinned));
  if (found === undefined) {
    throw versionMissing(
      path,
      `v${pinned ?? '1'}`,
      versions.map(({ version }) => `v${version}`),
    );
  }
  return { path: found.path, state: found.hash, label: `v${found.version}` };
};

const toDataCheck = (
  { path: configuration }: CheckedTraining,
  { path, label }: Judging,
  { placeOf }: CheckDeskNeeds,
  { rows, files, judged }: CheckedState,
): DataCheck => ({
  configuration,
  data: path,
  state: label,
  rows,
  files,
  blocked: judged.some(({ passed, onFail }) => !passed && onFail === 'block'),
  verdicts: judged.map(({ index, key, words, column, onFail, passed, sentence, count, of, examples }) => ({
    index,
    rule: words,
    column,
    passed,
    onFail,
    sentence,
    count,
    of,
    examples: [...examples],
    place: placeOf(configuration, ['data', 'checks', index, key]),
  })),
});
