import type { EndpointAccess } from '../contract/deployment.ts';
import type { Features } from '../contract/features.ts';

/** A command line that asks the endpoint once: an image file, or one row with the columns it was trained on. */
export const curlCommand = (
  { url, token }: Pick<EndpointAccess, 'url' | 'token'>,
  features: Features | null,
): string => {
  const authorization = token === null ? [] : [`-H 'Authorization: Bearer ${token}'`];
  return [`curl -s ${url ?? ''}/predict`, ...authorization, ...bodyOf(features)].join(' \\\n  ');
};

const bodyOf = (features: Features | null): readonly string[] => {
  if (features === null || features.inputShape.length === 3) {
    return [`-H 'Content-Type: image/png'`, `--data-binary @image.png`];
  }
  const row = Object.fromEntries(features.columns.map((transform) => [transform.column, exampleOf(transform)]));
  return [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify({ rows: [row] }))}`];
};

/** A value that the column could have had in training. */
const exampleOf = (transform: Features['columns'][number]): number | string => {
  switch (transform.kind) {
    case 'number':
    case 'scaled':
    case 'log1p':
      return Number(transform.fill.toPrecision(4));
    case 'bucket':
      return transform.boundaries[0] ?? 0;
    case 'onehot':
      return transform.categories[0] ?? '';
    case 'hash':
      return 'text';
    case 'date':
      return transform.fill
        .slice(0, 3)
        .map((part) => String(Math.round(part)).padStart(2, '0'))
        .join('-');
  }
};

/** For a POSIX shell; within single quotes nothing is read but the quote itself. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
