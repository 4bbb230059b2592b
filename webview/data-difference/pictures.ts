import type {
  ChangedPicture,
  DataDifference,
  PictureFacts,
  PicturesDifference,
  SimilarPictures,
} from '../../sidecar/contract/data-difference.ts';
import { element, type Child } from '../shared/element.ts';
import { showCount } from '../shared/format.ts';
import { drawLabels } from './labels.ts';
import { sayDistance, saySizes } from './words.ts';

/** Pictures drawn at once; the rest is asked for by a click. */
const FIRST_SHOWN = 24;

/** Pictures that moved to another class, changed, or look like others. */
export const drawPictures = ({ pictures, data, from, to }: DataDifference, sheets: readonly string[]): Child => {
  if (pictures === null || !differs(pictures)) return null;
  const draw = tileDrawer(pictures, sheets);
  return [
    element('h2', {}, `Pictures: ${showCount(pictures.from)} → ${showCount(pictures.to)}`),
    pictures.labels === null || pictures.labels.flipped === 0 ? null : drawLabels(pictures.labels, data),
    drawGallery({
      title: 'Changed pictures',
      note: 'Largest visible change first.',
      count: pictures.changed,
      items: pictures.changedExamples.map((one) => drawChanged(one, draw, from.label, to.label)),
    }),
    drawGallery({
      title: 'Added pictures that look like another',
      note: `${showCount(pictures.equal)} of them have equal bytes. Alike: at most ${pictures.similarWithin} of 64 bits of their perceptual hashes differ.`,
      count: pictures.similar,
      items: pictures.similarExamples.map((one) => drawSimilar(one, draw)),
    }),
    drawUnreadable(pictures),
  ];
};

const differs = ({ changed, similar, unreadable, labels }: PicturesDifference): boolean =>
  changed + similar + unreadable + (labels?.flipped ?? 0) > 0;

interface Gallery {
  readonly title: string;
  readonly note: string;
  /** Of all; the items may be fewer. */
  readonly count: number;
  readonly items: readonly HTMLElement[];
}

const drawGallery = ({ title, note, count, items }: Gallery): Child => {
  if (count === 0) return null;
  const list = element('ul', { class: 'gallery', label: title }, items.slice(0, FIRST_SHOWN));
  const more = element(
    'button',
    { class: 'plain', key: `more:${title}` },
    `Show ${showCount(items.length - FIRST_SHOWN)} more`,
  );
  more.addEventListener('click', () => {
    list.append(...items.slice(FIRST_SHOWN));
    list.querySelectorAll<HTMLElement>('li')[FIRST_SHOWN]?.focus();
    more.remove();
  });
  const shown = items.length < count ? `, the first ${showCount(items.length)}` : '';
  return element(
    'div',
    { class: 'part' },
    element('h3', {}, `${title}: ${showCount(count)}${shown}`),
    element('p', { class: 'note' }, note),
    list,
    items.length > FIRST_SHOWN ? more : null,
  );
};

type DrawTile = (facts: PictureFacts | null, words: string) => HTMLElement;

/** A picture is one square of a sheet that holds many. */
const tileDrawer =
  ({ tilePixels, sheetColumns }: PicturesDifference, sheets: readonly string[]): DrawTile =>
  (facts, words) => {
    const tile = facts?.tile ?? null;
    const address = tile === null ? undefined : sheets[tile.sheet];
    if (tile === null || address === undefined) {
      return element(
        'span',
        { class: 'tile none', role: 'img', label: `${words}, not drawn` },
        facts === null ? 'cannot be read' : 'not drawn',
      );
    }
    const made = element('span', { class: 'tile', role: 'img', label: words });
    const [column, row] = [tile.square % sheetColumns, Math.floor(tile.square / sheetColumns)];
    made.style.width = `${tilePixels}px`;
    made.style.height = `${tilePixels}px`;
    made.style.backgroundImage = `url("${address}")`;
    made.style.backgroundPosition = `-${column * tilePixels}px -${row * tilePixels}px`;
    return made;
  };

const drawChanged = (one: ChangedPicture, draw: DrawTile, before: string, after: string): HTMLElement =>
  element(
    'li',
    { tabindex: '-1' },
    element(
      'div',
      { class: 'pair' },
      labelled(draw(one.from, `${one.path} in ${before}`), before),
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
      labelled(draw(one.to, `${one.path} in ${after}`), after),
    ),
    element('p', { class: 'path' }, one.path),
    element(
      'p',
      { class: 'note' },
      [sayDistance(one.distance), saySizes(one.from, one.to)].filter(Boolean).join(' · '),
    ),
  );

const drawSimilar = (one: SimilarPictures, draw: DrawTile): HTMLElement =>
  element(
    'li',
    { tabindex: '-1' },
    element(
      'div',
      { class: 'pair' },
      labelled(draw(one.picture, one.path), 'added'),
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, one.equal ? '=' : '≈'),
      labelled(draw(one.likePicture, one.like), one.among === 'from' ? 'was there' : 'added too'),
    ),
    element('p', { class: 'path' }, one.path),
    element('p', { class: 'path muted' }, one.like),
    element('p', { class: 'note' }, one.equal ? 'equal bytes' : sayDistance(one.distance)),
  );

const labelled = (tile: HTMLElement, words: string): HTMLElement =>
  element('span', { class: 'labelled' }, tile, element('span', { class: 'note' }, words));

const drawUnreadable = ({ unreadable, unreadableExamples }: PicturesDifference): Child => {
  if (unreadable === 0) return null;
  return element(
    'div',
    { class: 'part' },
    element('h3', { class: 'bad' }, `✗ Pictures that cannot be read: ${showCount(unreadable)}`),
    element(
      'ul',
      {},
      unreadableExamples.map(({ path, why }) => element('li', {}, element('code', {}, path), ` ${why}`)),
    ),
  );
};
