import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startReport } from '../../../../sidecar/versions/working/report.ts';

interface Told {
  readonly fraction: number | null;
  readonly note: string;
  readonly remainingMs: number | undefined;
}

const reporting = (total: { files: number; bytes: number }, signal = new AbortController().signal) => {
  const told: Told[] = [];
  const report = startReport('read', total, {
    signal,
    progress: (fraction, note, remainingMs) => void told.push({ fraction, note, remainingMs }),
    metrics: () => undefined,
    log: () => undefined,
  });
  return { report, told };
};

test('progress tells files, bytes, the rate and what is left', async () => {
  const { report, told } = reporting({ files: 3, bytes: 30_001_000 });
  await report.files([1_000]);
  await wait(60);
  report.bytes(15_000_000);
  expect(told.map(({ note }) => note)).toEqual([
    expect.stringMatching(/^1 of 3 files read, 1\.0 kB of 30\.0 MB, /) as string,
    expect.stringMatching(/^1 of 3 files read, 15\.0 MB of 30\.0 MB, [\d.]+ MB\/s$/) as string,
  ]);
  const { fraction, remainingMs } = told[1]!;
  expect(fraction).toBeCloseTo(0.5, 1);
  expect(remainingMs).toBeGreaterThan(20);
  expect(remainingMs).toBeLessThan(60_000);
});

test('the bytes of a large file are told while it is read, and count once', async () => {
  const { report, told } = reporting({ files: 1, bytes: 10_000_000 });
  report.bytes(10_000_000);
  await wait(60);
  await report.files([10_000_000]);
  expect(told.at(-1)).toMatchObject({ fraction: 1, note: expect.stringContaining('10.0 MB of 10.0 MB') as string });
});

test('whoever is aborted hears it at the next bytes', () => {
  const { report } = reporting({ files: 1, bytes: 1 }, AbortSignal.abort(new Error('enough')));
  expect(() => report.bytes(1)).toThrow('enough');
});
