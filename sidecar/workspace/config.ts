import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { YAMLParseError, parse } from 'yaml';
import type { FaultReport, Place } from '../contract/fault.ts';
import { Training } from '../contract/training.ts';
import { configurationInvalid, configurationMissing } from '../faults.ts';
import { diagnose } from '../language/diagnose.ts';
import { readTraining, type TrainingDocument } from '../language/document.ts';
import { unknownProject } from '../language/project.ts';
import { placeOf } from './place.ts';

export interface ConfigurationRequest {
  readonly root: string;
  /** Path of the file, relative to the workspace. */
  readonly path: string;
  /** Its text when it is not yet saved. */
  readonly text?: string | undefined;
  /** `--set` pairs: path of a setting → value, written as YAML. */
  readonly overrides?: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
}

export interface ResolvedConfiguration {
  /** Null when there are findings. */
  readonly training: Training | null;
  /** Name of the experiment: `name`, else the folder above `config/`, else the workspace's. */
  readonly experiment: string;
  readonly findings: readonly FaultReport[];
  readonly document: TrainingDocument;
  readonly text: string;
}

/**
 * Reads a `training.yaml` as it will run: merges resolved, `x-` keys removed, overrides applied, `${env:NAME}` replaced,
 * defaults filled in. Findings have the words and places that the editor shows.
 * @throws Fault `configuration-missing`
 */
export const resolveConfiguration = (request: ConfigurationRequest): ResolvedConfiguration => {
  const { path, root, overrides = {} } = request;
  const text = request.text ?? readText(root, path);
  const document = readTraining(text);
  const experiment = defaultExperiment(root, path);
  const written = findWritten(path, text);
  const { training, findings } = checkResolved({ ...request, overrides, document, text });
  if (training === null || (written.length > 0 && Object.keys(overrides).length === 0)) {
    // A file that is wrong by itself is explained at its own lines; an override that breaks it, by the schema.
    return { document, text, experiment, training: null, findings: written.length > 0 ? written : findings };
  }
  return { document, text, experiment: training.name ?? experiment, training, findings: [] };
};

/** What the editor would underline in red. */
const findWritten = (path: string, text: string): FaultReport[] =>
  diagnose(text, unknownProject)
    .filter((finding) => finding.severity === 'error')
    .map((finding) => configurationFinding(finding.message, placeOf(path, text, finding.span)));

interface Reading extends ConfigurationRequest {
  readonly overrides: Readonly<Record<string, string>>;
  readonly document: TrainingDocument;
  readonly text: string;
}

/** The value as it will run, checked against the schema. */
const checkResolved = ({ path, text, document, overrides, environment }: Reading) => {
  const missing: FaultReport[] = [];
  const value = replaceVariables(override(document.value, overrides), [], (name, at) => {
    const found = environment[name];
    if (found === undefined) missing.push(variableFinding(name, at, path, text, document));
    return found ?? '';
  });
  if (missing.length > 0) return { training: null, findings: missing };
  const checked = Training.safeParse(value ?? {});
  if (checked.success) return { training: checked.data, findings: [] };
  const findings = checked.error.issues.map(({ path: at, message }) =>
    configurationFinding(`\`${at.join('.')}\`: ${message}`, { file: path, path: at.map(keyText) }),
  );
  return { training: null, findings };
};

/** One fault that carries all findings, for those who can only be refused. */
export const refuseFindings = (path: string, findings: readonly FaultReport[]) => configurationInvalid(path, findings);

const keyText = (key: PropertyKey): string | number => (typeof key === 'number' ? key : String(key));

const readText = (root: string, path: string): string => {
  try {
    return readFileSync(resolve(root, path), 'utf8');
  } catch (error) {
    throw configurationMissing(path, error);
  }
};

const configurationFinding = (message: string, place: Place): FaultReport => ({
  code: 'configuration-invalid',
  message: message.endsWith('.') || message.endsWith('?') ? message : `${message}.`,
  places: [place],
});

const variableFinding = (
  name: string,
  at: readonly (string | number)[],
  file: string,
  text: string,
  document: TrainingDocument,
): FaultReport => {
  const place = document.find(at);
  return {
    code: 'configuration-invalid',
    message: `The environment variable ${name} is not set.`,
    hint: `Set ${name} before the sidecar starts, or write the value.`,
    places: [place === null ? { file } : placeOf(file, text, place.value)],
  };
};

const defaultExperiment = (root: string, path: string): string => {
  const folder = dirname(resolve(root, path));
  const name = basename(basename(folder) === 'config' ? dirname(folder) : folder);
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'experiment';
};

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The value with `a.b.c` settings replaced, nothing else touched. */
const override = (value: unknown, overrides: Readonly<Record<string, string>>): unknown =>
  Object.entries(overrides).reduce(
    (result, [path, text]) => withValue(result, path.split('.'), readValue(text)),
    value,
  );

const withValue = (value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown => {
  if (key === undefined) return replacement;
  const record = isRecord(value) ? value : {};
  return { ...record, [key]: withValue(Object.hasOwn(record, key) ? record[key] : undefined, rest, replacement) };
};

type Lookup = (name: string, at: readonly (string | number)[]) => string;

/** `${env:NAME}` inside strings becomes its value; a string that is nothing else is read as YAML, so that numbers stay numbers. */
const replaceVariables = (value: unknown, at: readonly (string | number)[], lookup: Lookup): unknown => {
  if (typeof value === 'string') return replaceInText(value, at, lookup);
  if (Array.isArray(value)) return value.map((item, index) => replaceVariables(item, [...at, index], lookup));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, replaceVariables(part, [...at, key], lookup)]),
  );
};

const replaceInText = (text: string, at: readonly (string | number)[], lookup: Lookup): unknown => {
  const whole = /^\$\{env:(\w+)\}$/.exec(text)?.[1];
  if (whole !== undefined) return readValue(lookup(whole, at));
  return text.replace(/\$\{env:(\w+)\}/g, (_, name: string) => lookup(name, at));
};

/** A value as YAML reads it; what is no YAML is plain text, and the schema says whether text may stand there. */
const readValue = (text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) return text;
    throw error;
  }
};
