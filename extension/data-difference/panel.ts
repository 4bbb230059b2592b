import * as vscode from 'vscode';
import type { Progress } from '../../sidecar/contract/call.ts';
import type { DataDifference } from '../../sidecar/contract/data-difference.ts';
import type { SidecarEvent } from '../../sidecar/contract/events.ts';
import type { Client } from '../../sidecar/contract/routes.ts';
import {
  DataDifferenceRestore,
  DataDifferenceUp,
  type DataDifferenceContent,
} from '../../webview/contract/data-difference.ts';
import { sideLabel } from '../data/sides.ts';
import { pages, type CommandId } from '../ids.ts';
import { createFeed, type Feed } from '../page/feed.ts';
import type { OpenPage, PageKind } from '../page/panel.ts';
import type { Log } from '../log.ts';
import { notifyFault } from '../notify.ts';
import type { Sidecar } from '../sidecar/process.ts';
import type { DataChoices } from './choices.ts';

export interface DataDifferencePageNeeds {
  readonly folder: vscode.WorkspaceFolder | null;
  readonly sidecar: Sidecar;
  readonly log: Log;
  readonly execute: (command: CommandId, argument?: unknown) => void;
  readonly choices: DataChoices;
}

/** A comparison that took no longer is made again by itself when the data on disk changes. */
const QUICK_MS = 2_000;
/** Where the sidecar keeps the sheets of small pictures; pages may load nothing else of the workspace. */
const SHEETS = '.trainyard/derived/differences';

/** Two states of a data set, side by side. */
export const dataDifferencePage = (
  needs: DataDifferencePageNeeds,
): PageKind<DataDifferenceUp, DataDifferenceRestore> => ({
  viewType: pages.dataDifference,
  bundle: 'data-difference',
  resources: needs.folder === null ? [] : [vscode.Uri.joinPath(needs.folder.uri, SHEETS)],
  up: DataDifferenceUp,
  restore: DataDifferenceRestore,
  titleOf: ({ data, from, to }) => `${nameOf(data)} ${sideLabel(from)} → ${sideLabel(to)}`,
  keyOf: (restore) => JSON.stringify(restore),
  attend: (first, page) => attend(needs, first, page),
});

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const attend = (
  needs: DataDifferencePageNeeds,
  first: DataDifferenceRestore,
  page: OpenPage<DataDifferenceRestore>,
) => {
  const { folder, sidecar, log, execute } = needs;
  const closing = new AbortController();
  let shown = first;
  let last: DataDifferenceContent | null = null;
  let tookMs = 0;

  const load = async (client: Client): Promise<DataDifferenceContent> => {
    const began = performance.now();
    const difference = await client.compareData(requestOf(shown), {
      signal: closing.signal,
      onProgress: ({ note, fraction }: Progress) => page.send({ type: 'working', note, fraction }),
    });
    tookMs = performance.now() - began;
    last = { difference, sheets: sheetsOf(difference, folder, page.addressOf), outdated: false };
    return last;
  };
  const concerns = (event: SidecarEvent): boolean => {
    if (last === null || !isTouched(last.difference, event)) return false;
    if (tookMs < QUICK_MS) return true;
    last = { ...last, outdated: true };
    page.send({ type: 'snapshot', content: last, staleSince: null });
    return false;
  };
  const feed = createFeed<DataDifferenceContent>({
    sidecar,
    load,
    concerns,
    everyMs: 1_000,
    send: page.send,
    now: Date.now,
  });
  const show = (next: Partial<DataDifferenceRestore>) => {
    shown = { ...shown, ...next };
    page.become(shown);
    feed.refresh();
  };

  const choose = (chosen: Partial<DataDifferenceRestore> | null) => {
    if (chosen !== null) show(chosen);
  };
  const deeds: Deeds = {
    ready: nothing,
    retry: nothing,
    showSidecarLog: () => execute('trainyard.showSidecarLog'),
    swap: () => show({ from: shown.to, to: shown.from }),
    chooseSide: async ({ side }) => {
      const chosen = await needs.choices.side(shown.data, shown[side]);
      choose(chosen === null ? null : { [side]: chosen });
    },
    chooseKey: async ({ file }) => {
      const key = await needs.choices.key(tableOf(last, file));
      choose(key === null ? null : { key: [...key] });
    },
    chooseTarget: async ({ file }) => {
      const target = await needs.choices.target(tableOf(last, file));
      choose(target === null ? null : { target });
    },
    copyMarkdown: async () => {
      if (last !== null) await copyMarkdown(await sidecar.ready(), last.difference);
    },
    openFile: async ({ path }) => {
      if (last !== null && folder !== null) await openFile(folder, last.difference, path);
    },
    listFiles: async ({ ask, change, offset, limit }) => {
      if (last === null) return;
      const client = await sidecar.ready();
      const answer = await client.listComparedFiles({ difference: last.difference.id, change, offset, limit });
      page.send({ type: 'answer', ask, answer });
    },
  };
  return {
    feed: closingWith(feed, closing),
    receive: (message: DataDifferenceUp) => void act(deeds, message, log),
  };
};

/** What each message of the page leads to; the first two are heard by the panel itself. */
type Deeds = {
  readonly [Type in DataDifferenceUp['type']]: (
    message: Extract<DataDifferenceUp, { type: Type }>,
  ) => Promise<void> | void;
};

const nothing = (): void => undefined;

const act = async (deeds: Deeds, message: DataDifferenceUp, log: Log): Promise<void> => {
  try {
    await (deeds[message.type] as (message: DataDifferenceUp) => Promise<void> | void)(message);
  } catch (error) {
    void notifyFault(error, log);
  }
};

/** A page that is closed does not let the sidecar compare on. */
const closingWith = (feed: Feed, closing: AbortController): Feed => ({
  refresh: feed.refresh,
  dispose: () => {
    feed.dispose();
    closing.abort();
  },
});

const requestOf = ({ data, from, to, key, target }: DataDifferenceRestore) => ({
  data,
  from,
  to,
  key,
  ...(target === null ? {} : { target }),
});

const sheetsOf = (
  { pictures }: DataDifference,
  folder: vscode.WorkspaceFolder | null,
  addressOf: (file: vscode.Uri) => string,
): string[] =>
  folder === null || pictures === null
    ? []
    : pictures.sheets.map((sheet) => addressOf(vscode.Uri.joinPath(folder.uri, sheet)));

/** Only what lies on disk, or in the index of Git, can be another thing a moment later. */
const isTouched = ({ path, from, to }: DataDifference, event: SidecarEvent): boolean =>
  event.type === 'dataTouched' && event.path === path && [from, to].some(({ side }) => side.kind === 'disk');

const tableOf = (last: DataDifferenceContent | null, file: string) =>
  last?.difference.tables.find((table) => table.file === file);

const copyMarkdown = async (client: Client, { id }: DataDifference): Promise<void> => {
  const { markdown } = await client.describeDataDifference({ difference: id });
  await vscode.env.clipboard.writeText(markdown);
  vscode.window.setStatusBarMessage('$(copy) Difference copied as Markdown', 3_000);
};

/** A data set that is one file is named by its path; else the file lies in it. */
const openFile = async (folder: vscode.WorkspaceFolder, { path }: DataDifference, file: string): Promise<void> => {
  const whole = path === file || path.endsWith(`/${file}`);
  const uri = vscode.Uri.joinPath(folder.uri, path, ...(whole ? [] : [file]));
  await vscode.commands.executeCommand('vscode.open', uri, { preview: true });
};
