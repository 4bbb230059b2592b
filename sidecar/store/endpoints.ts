import { z } from 'zod';
import { Deployment } from '../contract/deployment.ts';
import { Hash } from '../contract/ids.ts';
import type { Database } from './database.ts';

/** How a deployed version is watched. */
export const WatchSettings = z.object({
  windowRows: z.number().int().positive(),
  windowMs: z.number().int().positive(),
  threshold: z.union([z.literal('auto'), z.number().positive()]),
  columns: z.union([z.literal('all'), z.array(z.string())]),
  correction: z.enum(['bh', 'none']),
  consecutive: z.number().int().positive(),
});
export type WatchSettings = z.infer<typeof WatchSettings>;

/** An endpoint as it is kept, with what each of its versions was deployed with, so that one can come back. */
const EndpointRecord = z.object({
  name: z.string(),
  /** Open endpoints listen again after a restart. */
  open: z.boolean(),
  /** As asked for; 0 for a free one. */
  port: z.number().int().min(0).max(65_535),
  /** Where it listened last. */
  lastPort: z.number().int().min(0).max(65_535),
  /** Kept while the endpoint is open, so that its callers survive a restart of the sidecar. */
  token: z.string().nullable(),
  deployment: Deployment,
  versions: z.record(z.string(), z.object({ reference: Hash, watch: WatchSettings })),
});
export type EndpointRecord = z.infer<typeof EndpointRecord>;

export interface EndpointStore {
  /** By name. */
  readonly list: () => readonly EndpointRecord[];
  readonly find: (name: string) => EndpointRecord | undefined;
  readonly save: (record: EndpointRecord) => void;
}

export const createEndpointStore = (database: Database): EndpointStore => {
  const all = database.prepare<[], { body: string }>('select body from endpoints order by name');
  const one = database.prepare<[string], { body: string }>('select body from endpoints where name = ?');
  const put = database.prepare<[string, string]>(
    'insert into endpoints (name, body) values (?, ?) on conflict (name) do update set body = excluded.body',
  );
  return {
    list: () => all.all().map(({ body }) => EndpointRecord.parse(JSON.parse(body))),
    find: (name) => {
      const row = one.get(name);
      return row === undefined ? undefined : EndpointRecord.parse(JSON.parse(row.body));
    },
    save: (record) => void put.run(record.name, JSON.stringify(record)),
  };
};
