/** What the document of a page is made from. */
export interface PageParts {
  readonly title: string;
  /** Fresh random text for each rendering. */
  readonly nonce: string;
  /** `webview.cspSource`. */
  readonly source: string;
  readonly script: string;
  readonly style: string;
}

/**
 * The document of a page: nothing inline, nothing from elsewhere. The toolkit's style probe needs the nonce in a meta
 * element, and its badge a style attribute; scripts and style sheets come from the extension's folder alone.
 */
export const pageHtml = ({ title, nonce, source, script, style }: PageParts): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(nonce, source)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" nonce="${nonce}" href="${escapeHtml(style)}">
<title>${escapeHtml(title)}</title>
</head>
<body>
<main id="page" aria-busy="true"></main>
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>`;

const policy = (nonce: string, source: string): string =>
  [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `img-src ${source} data:`,
    `font-src ${source}`,
  ].join('; ');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
