import { resolve } from 'node:path';
import type { AliasMove, ModelEntry } from '../contract/model.ts';
import { agoText, bytesText, figure } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

/** Lists registered versions with their aliases; with a name, its audit trail as well. */
export const listModels = (shell: Shell, name: string | undefined): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const models = (await client.listModels({})).filter((model) => name === undefined || model.name === name);
    const moves = name === undefined ? [] : await client.listAliasMoves({ model: name });
    answer(shell, name === undefined ? models : { versions: models, moves }, () =>
      models.length === 0
        ? 'No model is registered yet.'
        : [modelTable(models), moveTable(moves)].filter(Boolean).join('\n\n'),
    );
    return exit.done;
  });

const modelTable = (models: readonly ModelEntry[]): string =>
  table(
    ['model', 'version', 'aliases', 'metric', 'value', 'data', 'run', 'size', 'when'],
    models.map((model) => [
      model.name,
      `v${model.version}`,
      model.aliases.join(', '),
      model.measures[0]?.name ?? '–',
      figure(model.measures[0]?.value),
      `${model.dataset.name}@v${model.dataset.version}`,
      model.run,
      bytesText(model.bytes),
      agoText(model.createdAt, Date.now()),
    ]),
  );

const version = (number: number | null): string => (number === null ? '–' : `v${number}`);

const moveTable = (moves: readonly AliasMove[]): string =>
  moves.length === 0
    ? ''
    : table(
        ['alias', 'from', 'to', 'by', 'why', 'when'],
        moves.map((move) => [
          move.alias,
          version(move.from),
          version(move.to),
          move.by,
          move.why,
          agoText(move.at, Date.now()),
        ]),
      );

interface MoveOptions {
  readonly alias: string;
  readonly why: string;
}

/** Moves an alias to a version; a served champion is swapped without a dropped request. */
export const promoteModel = (shell: Shell, model: string, to: number, options: MoveOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const move = await client.promoteModel({ model, version: to, ...options });
    answer(shell, move, () => moveSentence(move));
    return exit.done;
  });

/** Takes an alias back to where it pointed before its last move. */
export const rollbackModel = (shell: Shell, model: string, options: MoveOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const move = await client.rollbackModel({ model, ...options });
    answer(shell, move, () => moveSentence(move));
    return exit.done;
  });

const moveSentence = (move: AliasMove): string =>
  `${move.alias} of ${move.model}: ${version(move.from)} → ${version(move.to)} (by ${move.by}).`;

/** Writes the ONNX file of a version. */
export const exportModel = (shell: Shell, model: string, number: number, to: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const written = await client.exportModel({ model, version: number, to: resolve(to) });
    answer(shell, written, () => `Wrote ${written.path} (${bytesText(written.bytes)}).`);
    return exit.done;
  });
