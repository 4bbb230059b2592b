import type {
  ComparedFile,
  ComparedFilePage,
  DataDifference,
  FileChangeKind,
  FolderDifference,
} from '../../sidecar/contract/data-difference.ts';
import type { DataDifferenceContent, DataDifferenceUp } from '../contract/data-difference.ts';
import { element, type Child } from '../shared/element.ts';
import { showBytes, showCount } from '../shared/format.ts';
import type { Host } from '../shared/host.ts';
import type { Section } from '../shared/section.ts';
import { table } from '../shared/table.ts';
import { virtualList } from '../shared/virtual-list.ts';
import { filePages } from './file-pages.ts';
import { saySize, showGrowth } from './words.ts';

const signs = {
  added: { sign: '+', word: 'added', tone: 'good' },
  removed: { sign: '−', word: 'removed', tone: 'bad' },
  changed: { sign: '~', word: 'changed', tone: 'doubt' },
  renamed: { sign: '→', word: 'renamed', tone: 'info' },
} as const satisfies Readonly<Record<FileChangeKind, object>>;

const kinds = Object.keys(signs) as FileChangeKind[];
const ROW_PIXELS = 24;
const ROWS = 16;
const MOST_FOLDERS = 30;

type Ask = Host<DataDifferenceContent, DataDifferenceUp>['ask'];

/** The files that differ, all of them in a list of which rows are fetched as they are scrolled to. */
export const fileSection = (send: (message: DataDifferenceUp) => void, ask: Ask): Section<DataDifferenceContent> => {
  const container = element('section', { class: 'section section-files', 'data-section': 'files' });
  let shown = '';
  return {
    element: container,
    show: ({ difference }) => {
      container.hidden = countOf(difference, null) === 0;
      if (difference.id === shown) return;
      shown = difference.id;
      container.replaceChildren(...drawFiles(difference, send, ask));
    },
  };
};

const drawFiles = (difference: DataDifference, send: (message: DataDifferenceUp) => void, ask: Ask): HTMLElement[] => {
  const { files, to } = difference;
  let change: FileChangeKind | null = null;
  const pages = filePages({
    first: files.examples,
    total: (kind) => countOf(difference, kind),
    fetch: (kind, offset, limit) =>
      ask((number) => ({ type: 'listFiles', ask: number, change: kind, offset, limit })) as Promise<ComparedFilePage>,
    arrived: () => list.show(countOf(difference, change), 'here'),
  });
  const list = virtualList({
    label: 'Files that differ',
    rowHeight: ROW_PIXELS,
    rows: ROWS,
    need: (first, last) => pages.need(change, first, last),
    draw: (index) => {
      const file = pages.get(change, index);
      return file === undefined ? null : drawFile(file, to.side.kind === 'disk' ? send : null);
    },
  });
  const choices = drawChoices(difference, (kind) => {
    change = kind;
    list.show(countOf(difference, change), 'top');
  });
  list.show(countOf(difference, change), 'top');
  return [
    element('h2', {}, 'Files'),
    element('p', { class: 'muted' }, sayBytes(difference)),
    ...(files.folders.length < 2 ? [] : [drawFolders(difference)]),
    choices,
    list.element,
  ];
};

const countOf = ({ files }: DataDifference, change: FileChangeKind | null): number =>
  change === null ? kinds.reduce((sum, kind) => sum + files[kind], 0) : files[change];

const sayBytes = ({ files }: DataDifference): string =>
  `${showBytes(files.addedBytes)} new, ${showBytes(files.removedBytes)} gone, ${showCount(files.unchanged)} files unchanged.`;

/** Which files are listed, with how many there are of each sort. */
const drawChoices = (difference: DataDifference, choose: (kind: FileChangeKind | null) => void): HTMLElement => {
  const there = kinds.filter((kind) => difference.files[kind] > 0);
  const offered = there.length > 1 ? [null, ...there] : [];
  const buttons = offered.map((kind) => {
    const words = kind === null ? 'All' : `${signs[kind].sign} ${signs[kind].word}`;
    const made = element(
      'button',
      { class: 'choice', 'aria-pressed': String(kind === null), key: `files:${kind ?? 'all'}` },
      `${words} ${showCount(countOf(difference, kind))}`,
    );
    made.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === made));
      choose(kind);
    });
    return made;
  });
  return element('div', { class: 'choices', role: 'group', label: 'Files that are listed' }, buttons);
};

const drawFile = (file: ComparedFile, open: ((message: DataDifferenceUp) => void) | null): readonly HTMLElement[] => {
  const { sign, word, tone } = signs[file.change];
  return [
    element('span', { class: `change-kind ${tone}` }, `${sign} ${word}`),
    element('span', { class: 'file-path', title: file.path }, drawPath(file, open)),
    element('span', { class: 'file-size muted' }, saySize(file)),
  ];
};

const drawPath = (file: ComparedFile, open: ((message: DataDifferenceUp) => void) | null): Child => {
  const before = file.before === null ? null : element('span', { class: 'muted' }, `${file.before} → `);
  if (open === null || file.change === 'removed') return [before, file.path];
  const link = element('button', { class: 'link', key: `file:${file.path}`, title: `Open ${file.path}` }, file.path);
  link.addEventListener('click', () => open({ type: 'openFile', path: file.path }));
  return [before, link];
};

/** Of an image folder these are its classes. */
const drawFolders = ({ files, to, from }: DataDifference): HTMLElement => {
  const classes = (to.kind ?? from.kind) === 'image-folder';
  const shown = files.folders.slice(0, MOST_FOLDERS);
  const rest = files.foldersChanged - shown.length;
  const moved = shown.some(({ movedIn, movedOut }) => movedIn + movedOut > 0);
  return element(
    'div',
    { class: 'part' },
    table({
      caption: classes ? 'Classes that differ' : 'Folders that differ',
      columns: [
        { title: classes ? 'class' : 'folder' },
        ...['before', 'after', 'growth', 'added', 'removed', 'changed'].map((title) => ({
          title,
          align: 'right' as const,
        })),
        ...(moved
          ? [
              { title: 'moved in', align: 'right' as const },
              { title: 'moved out', align: 'right' as const },
            ]
          : []),
      ],
      rows: shown.map((one) => drawFolder(one, moved)),
    }),
    rest > 0 ? element('p', { class: 'note' }, `${showCount(rest)} more differ.`) : null,
  );
};

const drawFolder = (one: FolderDifference, moved: boolean): readonly Child[] => [
  one.folder === '' ? './' : one.folder,
  showCount(one.from),
  showCount(one.to),
  showGrowth(one.to - one.from),
  ...[one.added, one.removed, one.changed, ...(moved ? [one.movedIn, one.movedOut] : [])].map((count) =>
    count === 0 ? element('span', { class: 'muted' }, '0') : showCount(count),
  ),
];
