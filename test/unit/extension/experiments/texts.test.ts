import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { Training } from '../../../../sidecar/contract/training.ts';
import { formatLog, worstLine } from '../../../../extension/experiments/log-text.ts';
import { experimentName, starterFile } from '../../../../extension/experiments/starter.ts';

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

test.each(['digits', 'My Project!', '.hidden', '数字', ''])(
  'the starter file is valid in a folder named %j',
  (folder) => {
    const checked = Training.safeParse(parse(starterFile(experimentName(folder))));
    expect(checked.error?.issues ?? []).toEqual([]);
  },
);
