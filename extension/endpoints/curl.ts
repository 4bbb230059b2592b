import type { EndpointAccess } from '../../sidecar/contract/deployment.ts';
import type { Features } from '../../sidecar/contract/features.ts';

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
  const row = Object.fromEntries(
    features.columns.map((transform) => [
      transform.column,
      transform.kind === 'number' ? Number(transform.fill.toPrecision(4)) : (transform.categories[0] ?? ''),
    ]),
  );
  return [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify({ rows: [row] }))}`];
};

/** For a POSIX shell; within single quotes nothing is read but the quote itself. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
