import express, { type Express } from 'express';
import type { Metrics } from './metrics.ts';
import { openApi, type Described } from './open-api.ts';
import { refusalReply, Refusal } from './reply.ts';
import type { Route } from './route.ts';

export interface DocumentsOptions {
  readonly described: () => Described;
  readonly routes: readonly Route[];
  readonly metrics: Metrics;
}

/** The pages and documents of an endpoint, behind the routes that answer predictions. */
export const createDocuments = ({ described, routes, metrics }: DocumentsOptions): Express => {
  const documents = express()
    .disable('x-powered-by')
    .disable('etag')
    .enable('strict routing')
    .enable('case sensitive routing');
  documents.get('/', (request, response) => {
    const page = request.accepts(['application/json', 'text/html']) === 'text/html';
    if (page) {
      response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
      response.type('html').send(describePage(described(), routes));
    } else {
      // `status` is what KServe's client looks for.
      response.json({ status: 'alive', ...described(), paths: routes.map(({ method, path }) => `${method} ${path}`) });
    }
  });
  documents.get('/openapi.json', (_request, response) => {
    response.json(openApi(routes, described()));
  });
  documents.get('/metrics', async (_request, response) => {
    response.setHeader('content-type', metrics.contentType);
    response.send(await metrics.text());
  });
  documents.use((request, response) => {
    const known = ['/', '/openapi.json', '/metrics'].includes(request.path);
    const refusal = known
      ? new Refusal(405, `${request.path} takes GET only.`, { allow: 'GET' })
      : new Refusal(404, 'There is nothing at this path; GET / lists what there is.');
    const reply = refusalReply(refusal);
    response.writeHead(reply.status, { 'content-type': reply.type, ...reply.headers }).end(reply.body);
  });
  return documents;
};

const describePage = ({ model, version }: Described, routes: readonly Route[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(model)} ${version}</title>
<h1>${escapeHtml(model)}, version ${version}</h1>
<table>
${routes.map(({ method, path, summary }) => `<tr><td>${method}<td><code>${escapeHtml(path)}</code><td>${escapeHtml(summary)}`).join('\n')}
</table>
<p>The OpenAPI document is at <code>/openapi.json</code>, figures for Prometheus are at <code>/metrics</code>.
</html>
`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
