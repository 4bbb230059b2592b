import type { Deployment } from '../../contract/deployment.ts';
import type { Watch } from '../../contract/watch.ts';
import type { Endpoints } from '../../serving/endpoints.ts';
import { done, type Stage, type Start } from '../stage.ts';

interface MonitorNeeds {
  readonly endpoints: Pick<Endpoints, 'watch'>;
}

/** Begins the watch over what was deployed. It goes on for as long as the endpoint is open, long after the run. */
export const createMonitorStage = ({
  endpoints,
}: MonitorNeeds): Stage<Start & { deployment: Deployment }, { watch: Watch }> => ({
  name: 'monitor',
  key: () => null,
  run: ({ deployment }) => {
    const watch = endpoints.watch(deployment.endpoint);
    const features = `${watch.features.length} ${watch.features.length === 1 ? 'feature' : 'features'}`;
    return Promise.resolve(done({ watch }, `${features} watched in windows of ${watch.windowRows} rows`));
  },
});
