/** What a first configuration learns from. */
export interface StarterData {
  /** `built-in`: a data set that is fetched, for a workspace that has none of its own yet. */
  readonly kind: 'table' | 'images' | 'built-in';
  /** Relative to the workspace; for `built-in` its name. */
  readonly path: string;
}

/**
 * The likeliest data among the files of a workspace: a table, else a folder with one folder of images a class, else
 * one of the built-in data sets.
 * @param files paths relative to the workspace, with forward slashes.
 */
export const guessData = (files: readonly string[]): StarterData => {
  const table = shortest(files.filter((path) => /\.(csv|jsonl|parquet)$/i.test(path)));
  if (table !== undefined) return { kind: 'table', path: table };
  const image = shortest(files.filter((path) => /\.(png|jpe?g)$/i.test(path) && path.split('/').length > 2));
  if (image !== undefined) return { kind: 'images', path: image.split('/').slice(0, -2).join('/') };
  return { kind: 'built-in', path: 'fashion-mnist' };
};

/** A first configuration that trains as it stands. */
export const starterFile = (
  name: string,
  data: StarterData,
): string => `# What is trained, on what, and when it is good enough.
# Completion (Ctrl+Space) knows every setting; hover over one to read about it.
name: ${name}
model:
  name: ${data.kind === 'table' ? 'mlp' : 'cnn'}
data:
  dataset: ${datasetLine(data)}
optimizer:
  type: adam
  lr: 0.001
training:
  epochs: 10
  device: auto
gates:
${data.kind === 'table' ? '  [] # for example {metric: accuracy, at_least: 0.9}' : '  - { metric: accuracy, at_least: 0.9 }'}
`;

const datasetLine = ({ kind, path }: StarterData): string =>
  kind === 'built-in'
    ? `${path} # fetched once, 30 MB; or a path: a table, or a folder with one folder of images a class`
    : JSON.stringify(`./${path}`);

/** A name that the schema takes, made from a folder's. */
export const experimentName = (folder: string): string => {
  const clean = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return clean === '' ? 'experiment' : clean;
};

const shortest = (paths: readonly string[]): string | undefined =>
  paths.toSorted((left, right) => left.split('/').length - right.split('/').length || left.localeCompare(right))[0];
