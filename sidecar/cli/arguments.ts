import { InvalidArgumentError } from 'commander';
import { RunId } from '../contract/ids.ts';

/* Arguments as people write them. What is none is refused with how to write it: wrong usage, exit code 2. */

export const wholeNumber = (text: string): number => {
  const number = Number(text.replace(/^v/, ''));
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number, such as 3 or v3.');
  return number;
};

export const portNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('It must be 0 to 65535.');
  return number;
};

export const versionReference = (text: string): { readonly dataset: string; readonly version: number } => {
  const [, dataset, version] = /^(.+)@v?(\d+)$/.exec(text) ?? [];
  if (dataset === undefined || version === undefined) throw new InvalidArgumentError('Write it as images@v3.');
  return { dataset, version: Number(version) };
};

export const hours = (text: string): number => {
  const number = Number(text);
  if (text === '' || !(number >= 0)) throw new InvalidArgumentError('It must be a number of hours, such as 24.');
  return number;
};

export const days = (text: string): number => {
  const number = Number(text);
  if (text === '' || !(number >= 0)) throw new InvalidArgumentError('It must be a number of days, such as 7.');
  return number;
};

export const percent = (text: string): number => {
  const number = Number(text.replace(/%$/, ''));
  if (!(number > 0 && number <= 100)) throw new InvalidArgumentError('It must be above 0 and at most 100.');
  return number;
};

export const versionOrDisk = (text: string): number | 'disk' => (text === 'disk' ? 'disk' : wholeNumber(text));

export const runId = (text: string): RunId => {
  const id = RunId.safeParse(text);
  if (!id.success) throw new InvalidArgumentError('It must be a run, such as r3.');
  return id.data;
};

export const runIds = (text: string, all: readonly RunId[] = []): RunId[] => [...all, runId(text)];

export const collect = (value: string, all: readonly string[]): string[] => [...all, value];

export const collectSetting = (
  text: string,
  all: readonly (readonly [string, string])[],
): (readonly [string, string])[] => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value.');
  return [...all, [text.slice(0, at), text.slice(at + 1)]];
};
