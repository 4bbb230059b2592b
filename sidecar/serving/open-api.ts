import type { Route } from './route.ts';
import { schemas } from './schemas.ts';

/** What the OpenAPI document says about the endpoint. */
export interface Described {
  readonly model: string;
  readonly version: number;
}

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is wrong; `error` says how.',
  401: 'The token is missing or wrong.',
  403: 'Not called as 127.0.0.1, or called by a web page.',
  404: 'No such model or version.',
  405: 'Not the method of this path.',
  413: 'The body is too large, or holds too many rows.',
  415: 'Not a content type of this path.',
  500: 'The model or the endpoint failed.',
  503: 'The model is being loaded again, or too much waits; come again after `Retry-After` seconds.',
};

/** The OpenAPI 3.1 document of the routes that an endpoint answers. */
export const openApi = (routes: readonly Route[], { model, version }: Described): object => ({
  openapi: '3.1.0',
  info: {
    title: `${model} by Trainyard`,
    version: String(version),
    description: 'A model on this machine. It listens on the loopback address only.',
  },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] }],
  paths: Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, ways]) => [
      path,
      Object.fromEntries(ways.map((route) => [route.method.toLowerCase(), operation(route)])),
    ]),
  ),
});

const operation = ({ path, summary, accepts, request, response }: Route): object => ({
  summary,
  parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...(accepts === undefined
    ? {}
    : { requestBody: { required: request !== undefined, content: bodies(accepts, request) } }),
  responses: {
    200: { description: 'OK', content: { 'application/json': { schema: response ?? {} } } },
    ...Object.fromEntries(
      Object.entries(refusals).map(([status, description]) => [
        status,
        { description, content: { 'application/json': { schema: schemas.error } } },
      ]),
    ),
  },
});

const bodies = (accepts: readonly string[], request: object | undefined): object =>
  Object.fromEntries(
    accepts
      .filter((type) => type !== '')
      .map((type) => [
        type,
        { schema: type === 'application/json' ? (request ?? {}) : { type: 'string', format: 'binary' } },
      ]),
  );
