import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { Training } from '../../../../sidecar/contract/training.ts';
import { formatLog, worstLine } from '../../../../extension/experiments/log-text.ts';
import { experimentName, guessData, starterFile } from '../../../../extension/experiments/starter.ts';

const line = (level: 'info' | 'error', text: string) => ({ at: 0, stage: 'train' as const, level, text });

test('a log is a line each, whatever is in it, and begins at its last error', () => {
  const lines = [line('info', 'one'), line('error', 'Traceback\n  File'), line('info', 'end')];
  const text = formatLog(lines);
  expect(text.trimEnd().split('\n')).toHaveLength(3);
  expect(text).toContain('00:00:00.000 error train     Traceback⏎   File');
  expect(worstLine(lines)).toBe(1);
  expect(worstLine([line('info', 'one')])).toBeNull();
  expect(formatLog([])).toBe('Nothing has been logged yet.\n');
});

const builtIn = { kind: 'built-in', path: 'fashion-mnist' } as const;

test.each(['digits', 'My Project!', '.hidden', '数字', ''])(
  'the starter file is valid in a folder named %j',
  (folder) => {
    const checked = Training.safeParse(parse(starterFile(experimentName(folder), builtIn)));
    expect(checked.error?.issues ?? []).toEqual([]);
  },
);

test('the starter file takes the data that lies there: a table, else the folder above folders of images, else a built-in data set', () => {
  expect(guessData(['a/b/deep.csv', 'data/iris.csv', 'x/y/z.png'])).toEqual({
    kind: 'table',
    path: 'data/iris.csv',
  });
  expect(guessData(['logo.png', 'data/raw/cats/1.JPG'])).toEqual({ kind: 'images', path: 'data/raw' });
  expect(guessData([])).toEqual(builtIn);
  expect(Training.parse(parse(starterFile('a', builtIn))).data.dataset).toBe('fashion-mnist');
  const table = { kind: 'table', path: "my data/it's #1.csv" } as const;
  expect(Training.parse(parse(starterFile('a', table))).data.dataset).toBe("./my data/it's #1.csv");
});
