import { once } from 'node:events';
import { curlCommand } from '../client/curl.ts';
import type { Endpoint } from '../contract/deployment.ts';
import type { DriftReport, FeatureDrift } from '../contract/watch.ts';
import { figure, histogram, sparkline } from '../terminal/figures.ts';
import { table } from '../terminal/table.ts';
import { answer, exit, type ExitCode, type Shell } from './shell.ts';

interface ServeOptions {
  readonly version?: number | undefined;
  readonly port?: number | undefined;
  readonly stop: boolean;
  readonly detach: boolean;
}

/** Serves a model until Ctrl-C, or in the background with `--detach`; without a name, lists the endpoints. */
export const serve = (shell: Shell, model: string | undefined, options: ServeOptions): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    if (model === undefined) {
      const endpoints = await client.listEndpoints({});
      answer(shell, endpoints, () => (endpoints.length === 0 ? 'No endpoint yet.' : endpointTable(endpoints)));
      return exit.done;
    }
    if (options.stop) {
      const stopped = await client.closeEndpoint({ endpoint: model });
      answer(shell, stopped, () => `${stopped.name} is ${stopped.state}.`);
      return exit.done;
    }
    const { version, port } = options;
    const access = await client.openEndpoint({
      model,
      ...(version === undefined ? {} : { version }),
      ...(port === undefined ? {} : { port }),
    });
    const { model: name, version: served } = access.deployment;
    const entry = (await client.listModels({})).find((one) => one.name === name && one.version === served);
    answer(shell, access, () =>
      [
        `${access.name} v${access.deployment.version} answers at ${access.url ?? '–'}`,
        `Token: ${access.token ?? '–'}`,
        `Try:\n${curlCommand(access, entry?.features ?? null)}`,
      ].join('\n'),
    );
    if (options.detach) return exit.done;
    shell.screen.note('Ctrl-C stops it.');
    if (!shell.interrupted.aborted) await once(shell.interrupted, 'abort');
    await client.closeEndpoint({ endpoint: model });
    return exit.done;
  });

const endpointTable = (endpoints: readonly Endpoint[]): string =>
  table(
    ['endpoint', 'state', 'version', 'requests', 'errors', 'p50 ms', 'p95 ms', 'url'],
    endpoints.map((one) => [
      one.name,
      one.state,
      `v${one.deployment.version}`,
      String(one.requests),
      String(one.errors),
      figure(one.latencyMs.p50),
      figure(one.latencyMs.p95),
      one.url ?? '–',
    ]),
  );

/** How far live traffic is from the reference, feature by feature. */
export const showDrift = (shell: Shell, endpoint: string): Promise<ExitCode> =>
  shell.withSidecar(async ({ client }) => {
    const report = await client.getDrift({ endpoint });
    answer(shell, report, () => describeDrift(shell, report));
    return exit.done;
  });

/** The drift table, as `trainyard drift` prints it. */
export const describeDrift = ({ screen }: Pick<Shell, 'screen'>, report: DriftReport): string => {
  const rows = report.features.map((feature) => [
    feature.feature,
    paint(feature, screen),
    figure(feature.score),
    figure(feature.threshold),
    figure(feature.scores.ks?.statistic),
    figure(feature.scores.jensenShannon),
    sparkline(feature.trend.map(({ score }) => score)),
    histogram(feature.reference),
    histogram(feature.current),
  ]);
  const advice = report.features.filter((feature) => feature.verdict === 'drifting' && feature.advice !== null);
  return [
    report.summary,
    table(['feature', 'verdict', 'PSI', 'limit', 'KS', 'JS', 'trend', 'reference', 'now'], rows),
    ...advice.slice(0, 3).map((feature) => `${feature.sentence} ${feature.advice ?? ''}`),
  ].join('\n\n');
};

const paint = (feature: FeatureDrift, screen: Shell['screen']): string => {
  const words = feature.verdict.replace('_', ' ');
  return feature.verdict === 'drifting' ? screen.red(`▲ ${words}`) : words;
};
