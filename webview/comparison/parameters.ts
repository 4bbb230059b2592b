import type { Comparison } from '../../sidecar/contract/run.ts';
import type { ComparisonContent } from '../contract/comparison.ts';
import { checkbox } from '../shared/controls.ts';
import { element, type Child } from '../shared/element.ts';
import { UNKNOWN } from '../shared/format.ts';
import { section, type Section } from '../shared/section.ts';
import { table } from '../shared/table.ts';

interface Shown {
  readonly runs: readonly string[];
  readonly parameters: Comparison['parameters'];
  readonly all: boolean;
}

/** Parameters; equal ones are hidden unless they are asked for. What is asked for is a matter of looking, not of data. */
export const parameterSection = (): Section<ComparisonContent> => {
  let all = false;
  let last: ComparisonContent | null = null;
  const inner = section<Shown>('parameters', (shown) =>
    drawParameters(shown, (checked) => {
      all = !checked;
      if (last !== null) show(last);
    }),
  );
  const show = (content: ComparisonContent) => {
    last = content;
    const { runs, parameters } = content.comparison;
    inner.show({ runs: runs.map(({ id }) => id), parameters, all });
  };
  return { element: inner.element, show };
};

const drawParameters = ({ runs, parameters, all }: Shown, onlyDifferences: (checked: boolean) => void): Child => {
  const shown = parameters.filter(({ differs }) => all || differs);
  return [
    element(
      'div',
      { class: 'heading-row' },
      element('h2', {}, 'Parameters'),
      checkbox({ label: 'Only differences', checked: !all, act: onlyDifferences }),
    ),
    shown.length === 0
      ? element('p', { class: 'muted' }, `All ${parameters.length} parameters are equal.`)
      : table({
          caption: 'Parameters',
          columns: [{ title: 'parameter' }, ...runs.map((id) => ({ title: id }))],
          rows: shown.map(({ name, values, differs }) => [
            element('code', {}, name),
            ...values.map((value) => element('span', { class: differs ? 'value' : 'same' }, value ?? UNKNOWN)),
          ]),
        }),
  ];
};
