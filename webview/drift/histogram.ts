import type { FeatureDrift } from '../../sidecar/contract/watch.ts';
import { element, shape } from '../shared/element.ts';
import { showShare } from '../shared/format.ts';

const WIDTH = 520;
const HEIGHT = 130;
const LABELS = 18;

/** Two histograms on the same bins: behind, grey and outlined, the reference; before it the newest window. */
export const drawHistogram = ({ feature, bins, reference, current }: FeatureDrift): Element => {
  const top = Math.max(...reference, ...current, Number.MIN_VALUE);
  const slot = WIDTH / Math.max(1, bins.length);
  const height = (share: number) => (share / top) * HEIGHT;
  const every = Math.ceil(bins.length / 8);
  const bars = bins.flatMap((bin, index) => {
    const left = index * slot;
    const [before, now] = [reference[index] ?? 0, current[index] ?? 0];
    const words = `${bin}: reference ${showShare(before)}, now ${showShare(now)}`;
    const bar = (name: string, share: number, inset: number) =>
      shape('rect', {
        class: name,
        x: left + slot * inset,
        width: slot * (1 - 2 * inset),
        y: HEIGHT - height(share),
        height: height(share),
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
              { class: 'bin', x: left + slot / 2, y: HEIGHT + LABELS - 4, 'text-anchor': 'middle' },
              shorten(bin),
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
        viewBox: `0 0 ${WIDTH} ${HEIGHT + LABELS}`,
        role: 'img',
        'aria-label': `Distribution of ${feature}. Moved most: ${moved.join('; ')}`,
      },
      ...bars,
    ),
    element(
      'p',
      { class: 'keys' },
      element('span', {}, key('bar-reference', true), ' reference'),
      element('span', {}, key('bar-current', false), ' newest window'),
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

const shorten = (bin: string): string => (bin.length > 12 ? `${bin.slice(0, 11)}…` : bin);
