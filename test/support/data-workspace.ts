import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../sidecar/statistics/random.ts';
import { disturb } from '../../tools/demo/disturb.ts';
import { readDigits, type Digit } from '../../tools/demo/digits.ts';
import { pngOf } from '../../tools/demo/workspace.ts';

const SEED = 7;
const PATIENTS = 600;
const DIGITS_A_CLASS = 24;

/** A Git repository with a table of patients and a folder of digits, in which nothing has a version yet. */
export interface DataWorkspace {
  readonly root: string;
  readonly table: string;
  readonly images: string;
  readonly git: (...parameters: string[]) => string;
  /** A second survey: labels corrected, values entered, rows that came and went, and a new column. */
  readonly editTable: () => void;
  /** Pictures scanned again, moved to another class, added, and added twice. */
  readonly editImages: () => void;
  readonly remove: () => void;
}

export const createDataWorkspace = (): DataWorkspace => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'trainyard-data-')));
  const [table, images] = ['data/patients.csv', 'data/digits'];
  const digits = readDigits(SEED).map((all) => all.slice(0, DIGITS_A_CLASS + 6));
  const place = (label: number, name: string) => join(root, images, String(label), `${name}.png`);
  const write = (digit: Digit, label: number, name: string) => {
    mkdirSync(join(root, images, String(label)), { recursive: true });
    writeFileSync(place(label, name), pngOf(digit));
  };
  mkdirSync(join(root, 'config'), { recursive: true });
  mkdirSync(join(root, 'data'), { recursive: true });
  writeFileSync(join(root, 'config/training.yaml'), training);
  writeFileSync(join(root, '.gitignore'), '.trainyard/\n');
  writeFileSync(join(root, table), formatPatients(patients()));
  for (const [label, all] of digits.entries()) {
    for (const digit of all.slice(0, DIGITS_A_CLASS)) write(digit, label, `scan-${digit.index}`);
  }
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ana', '-c', 'user.email=ana@trainyard.invalid', ...parameters], {
      cwd: root,
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ana');
  git('add', '--all', '--', 'config', '.gitignore');
  git('commit', '--quiet', '--message', 'Training');
  return {
    ...{ root, table, images, git },
    editTable: () => writeFileSync(join(root, table), formatPatients(surveyAgain(patients()))),
    editImages: () => {
      const random = createRandom(SEED);
      for (const [label, all] of digits.entries()) {
        const [first, second, third] = all;
        write(disturb(first!, random), label, `scan-${first!.index}`);
        write(all[DIGITS_A_CLASS]!, label, `scan-${all[DIGITS_A_CLASS]!.index}`);
        if (label % 3 === 0) write(second!, label, `again-${second!.index}`);
        if (label % 4 === 1)
          renameSync(place(label, `scan-${third!.index}`), place((label + 6) % 10, `scan-${third!.index}`));
      }
      rmSync(place(2, `scan-${digits[2]![5]!.index}`));
    },
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }),
  };
};

const training = `name: patients
model:
  name: mlp
data:
  dataset: ./data/patients.csv
  target: outcome
training:
  epochs: 1
  device: cpu
`;

type Row = Readonly<Record<string, string>>;

const clinics = ['north', 'south', 'harbour'];
const outcomes = ['healthy', 'at risk', 'ill'];

const patients = (): readonly Row[] => {
  const random = createRandom(SEED);
  return Array.from({ length: PATIENTS }, (_, at) => {
    const age = Math.round(18 + 70 * random.next());
    const pressure = Math.round(95 + age * 0.5 + 25 * random.next());
    const risk = (age - 18) / 70 + random.next() * 0.8;
    return {
      id: `P${String(at + 1).padStart(4, '0')}`,
      age: String(age),
      clinic: clinics[random.below(clinics.length)]!,
      pressure: String(pressure),
      outcome: outcomes[risk < 0.6 ? 0 : risk < 1.1 ? 1 : 2]!,
    };
  });
};

const surveyAgain = (rows: readonly Row[]): readonly Row[] => {
  const random = createRandom(SEED + 1);
  const kept = rows.filter((_, at) => at % 60 !== 17);
  const changed = kept.map((row, at): Row => {
    const measured = {
      ...row,
      pressure: String(Number(row['pressure']) + (at % 3 === 0 ? 14 : 0)),
      smoker: random.next() < 0.2 ? 'yes' : 'no',
    };
    if (at % 41 === 3) return { ...measured, outcome: row['outcome'] === 'healthy' ? 'at risk' : 'ill' };
    return at % 97 === 5 ? { ...measured, age: '', clinic: 'harbour' } : measured;
  });
  const fresh = patients()
    .slice(0, 25)
    .map((row, at) => ({ ...row, id: `Q${String(at + 1).padStart(4, '0')}`, clinic: 'island', smoker: 'no' }));
  return [...changed, ...fresh];
};

const formatPatients = (rows: readonly Row[]): string => {
  const columns = Object.keys(rows[0] ?? {});
  return `${[columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map((cells) => cells.join(',')).join('\n')}\n`;
};

/** Of the table as it lies on disk, the rows without their heading. */
export const countRows = (root: string, table: string): number =>
  readFileSync(join(root, table), 'utf8').trim().split('\n').length - 1;
