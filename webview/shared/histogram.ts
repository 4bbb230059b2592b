import { element, shape } from './element.ts';
import { showShare } from './format.ts';

const LABELS = 18;
/** What a label takes at least, a character of it, the gap to the next, and what lies free beside the drawing. */
const LABEL_WIDTH = 65;
const CHARACTER_WIDTH = 6.2;
const GAP = 6;
const MARGIN = 12;

export interface Histograms {
  /** What is distributed. */
  readonly subject: string;
  readonly bins: readonly string[];
  /** Shares of the bins, and what they are called. */
  readonly before: { readonly name: string; readonly shares: readonly number[] };
  readonly now: { readonly name: string; readonly shares: readonly number[] };
  /** Size of the drawing, in units of which a label takes 11. */
  readonly width: number;
  readonly height: number;
}

/** Two histograms on the same bins: behind, grey and outlined, what was; before it what is. */
export const drawHistogram = (histograms: Histograms): Element => {
  const { subject, bins, width, height } = histograms;
  const { shares: reference, name: then } = histograms.before;
  const { shares: current, name: present } = histograms.now;
  const top = Math.max(...reference, ...current, Number.MIN_VALUE);
  const slot = width / Math.max(1, bins.length);
  const tall = (share: number) => (share / top) * height;
  const every = Math.ceil(bins.length / Math.max(1, Math.floor(width / LABEL_WIDTH)));
  const longest = (index: number) => {
    const isOuter = index === 0 || index === bins.length - 1;
    const room = Math.min(every * slot - GAP, isOuter ? slot + 2 * MARGIN : Infinity);
    return Math.floor(room / CHARACTER_WIDTH);
  };
  const bars = bins.flatMap((bin, index) => {
    const left = index * slot;
    const [before, now] = [reference[index] ?? 0, current[index] ?? 0];
    const words = `${bin}: ${then} ${showShare(before)}, ${present} ${showShare(now)}`;
    const bar = (name: string, share: number, inset: number) =>
      shape('rect', {
        class: name,
        x: left + slot * inset,
        width: slot * (1 - 2 * inset),
        y: height - tall(share),
        height: tall(share),
      });
    return [
      shape(
        'g',
        {},
        shape('title', {}, words),
        bar('bar-reference', before, 0.06),
        bar('bar-current', now, 0.24),
        bar('bar-reference-line', before, 0.06),
      ),
      ...(index % every === 0
        ? [
            shape(
              'text',
              { class: 'bin', x: left + slot / 2, y: height + LABELS - 4, 'text-anchor': 'middle' },
              shorten(bin, longest(index)),
            ),
          ]
        : []),
    ];
  });
  const moved = bins
    .map((bin, index) => ({ bin, before: reference[index] ?? 0, now: current[index] ?? 0 }))
    .toSorted((left, right) => Math.abs(right.now - right.before) - Math.abs(left.now - left.before))
    .slice(0, 3)
    .map(({ bin, before, now }) => `${bin} from ${showShare(before)} to ${showShare(now)}`);
  return element(
    'div',
    {},
    shape(
      'svg',
      {
        class: 'drawing',
        viewBox: `0 0 ${width} ${height + LABELS}`,
        role: 'img',
        'aria-label': `Distribution of ${subject}. Moved most: ${moved.join('; ')}`,
      },
      ...bars,
    ),
    element(
      'p',
      { class: 'keys' },
      element('span', {}, key('bar-reference', true), ` ${then}`),
      element('span', {}, key('bar-current', false), ` ${present}`),
    ),
  );
};

const key = (name: string, outlined: boolean): SVGElement =>
  shape(
    'svg',
    { width: 12, height: 10, 'aria-hidden': 'true' },
    shape('rect', { class: name, width: 12, height: 10 }),
    ...(outlined ? [shape('rect', { class: 'bar-reference-line', x: 0.5, y: 0.5, width: 11, height: 9 })] : []),
  );

const shorten = (bin: string, longest: number): string =>
  bin.length > longest ? `${bin.slice(0, Math.max(1, longest - 1))}…` : bin;
