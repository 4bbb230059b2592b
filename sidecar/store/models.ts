import { AliasMove, Model, type ModelEntry } from '../contract/model.ts';
import { aliasMissing, modelMissing } from '../faults.ts';
import type { Database } from './database.ts';

export interface MoveRequest {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

export interface ModelStore {
  /** Gives the next version of that name and keeps it for ever. */
  readonly register: (make: (version: number) => Model) => Model;
  readonly list: () => ModelEntry[];
  /** @throws Fault `model-missing` */
  readonly get: (name: string, version: number) => ModelEntry;
  readonly aliased: (name: string, alias: string) => ModelEntry | null;
  /** Moves an alias and writes the audit trail, both or neither. @throws Fault `model-missing` */
  readonly move: (request: MoveRequest) => AliasMove;
  /** Moves an alias back to where it was before its last move. @throws Fault `alias-missing` */
  readonly rollback: (request: Omit<MoveRequest, 'version'>) => AliasMove;
  /** Oldest first. */
  readonly moves: (model: string) => AliasMove[];
}

interface MoveRow {
  readonly model: string;
  readonly alias: string;
  readonly from_version: number | null;
  readonly to_version: number | null;
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

export const createModelStore = (database: Database): ModelStore => {
  const newest = database
    .prepare<[string], number>('select coalesce(max(version), 0) from models where name = ?')
    .pluck();
  const insert = database.prepare('insert into models (name, version, run, body) values (?, ?, ?, ?)');
  const all = database.prepare<[], string>('select body from models order by name, version desc').pluck();
  const one = database
    .prepare<[string, number], string>('select body from models where name = ? and version = ?')
    .pluck();
  const known = database
    .prepare<[string], number>('select version from models where name = ? order by version')
    .pluck();
  const aliasesOf = database
    .prepare<[string, number], string>('select alias from aliases where model = ? and version = ? order by alias')
    .pluck();
  const target = database
    .prepare<[string, string], number>('select version from aliases where model = ? and alias = ?')
    .pluck();
  const point = database.prepare('insert or replace into aliases (model, alias, version) values (?, ?, ?)');
  const record = database.prepare(
    'insert into alias_moves (model, alias, from_version, to_version, by, why, at) values (?, ?, ?, ?, ?, ?, ?)',
  );
  const moves = database.prepare<[string], MoveRow>('select * from alias_moves where model = ? order by id');

  const entry = (body: string): ModelEntry => {
    const model = Model.parse(JSON.parse(body));
    return { ...model, aliases: aliasesOf.all(model.name, model.version) };
  };
  const get = (name: string, version: number): ModelEntry => {
    const body = one.get(name, version);
    if (body === undefined)
      throw modelMissing(
        name,
        `v${version}`,
        known.all(name).map((number) => `v${number}`),
      );
    return entry(body);
  };
  const move = (request: MoveRequest): AliasMove => {
    get(request.model, request.version);
    const { model, alias, version, by, why, at } = request;
    const from = target.get(model, alias) ?? null;
    point.run(model, alias, version);
    record.run(model, alias, from, version, by, why, at);
    return { model, alias, from, to: version, by, why, at };
  };
  const trail = (model: string): AliasMove[] => moves.all(model).map(toMove);

  return {
    register: (make) =>
      database.transaction(() => {
        const draft = make(1);
        const version = (newest.get(draft.name) ?? 0) + 1;
        const model = { ...draft, version };
        insert.run(model.name, version, Number(model.run.slice(1)), JSON.stringify(model));
        return model;
      })(),
    list: () => all.all().map(entry),
    get,
    aliased: (name, alias) => {
      const version = target.get(name, alias);
      return version === undefined ? null : get(name, version);
    },
    move: (request) => database.transaction(() => move(request))(),
    rollback: (request) =>
      database.transaction(() => move({ ...request, version: earlierTarget(trail(request.model), request) }))(),
    moves: trail,
  };
};

const toMove = (row: MoveRow): AliasMove =>
  AliasMove.parse({
    model: row.model,
    alias: row.alias,
    from: row.from_version,
    to: row.to_version,
    by: row.by,
    why: row.why,
    at: row.at,
  });

/** Where an alias pointed before its last move: what one step of rollback goes back to. */
const earlierTarget = (trail: readonly AliasMove[], request: { model: string; alias: string }): number => {
  const last = trail.findLast((move) => move.alias === request.alias);
  if (last === undefined) throw aliasMissing(request.model, request.alias, 'is not set');
  if (last.from === null) throw aliasMissing(request.model, request.alias, 'has no earlier version to go back to');
  return last.from;
};
