/** Names that package.json declares; everything else refers to these. */
export const views = { runs: 'trainyard.runs', models: 'trainyard.models', endpoints: 'trainyard.endpoints' } as const;

export const pages = {
  run: 'trainyard.run',
  comparison: 'trainyard.comparison',
  drift: 'trainyard.drift',
  dataDifference: 'trainyard.dataDifference',
} as const;

export const language = 'trainyard';

/** Files that hold a training configuration, and folders that never do. */
export const configurationFiles = '**/*training.yaml';
export const otherFolders = '**/{node_modules,.trainyard,.git,.venv}/**';

export type CommandId =
  | 'trainyard.train'
  | 'trainyard.createTrainingFile'
  | 'trainyard.cancelRun'
  | 'trainyard.resumeRun'
  | 'trainyard.openRun'
  | 'trainyard.compareRuns'
  | 'trainyard.showLog'
  | 'trainyard.openConfiguration'
  | 'trainyard.promoteModel'
  | 'trainyard.rollbackModel'
  | 'trainyard.exportModel'
  | 'trainyard.versionData'
  | 'trainyard.restoreData'
  | 'trainyard.diffData'
  | 'trainyard.diffDataWithDisk'
  | 'trainyard.diffDataWithPrevious'
  | 'trainyard.diffDataRevisions'
  | 'trainyard.refreshData'
  | 'trainyard.adoptData'
  | 'trainyard.pushData'
  | 'trainyard.pullData'
  | 'trainyard.fetchData'
  | 'trainyard.remoteStatus'
  | 'trainyard.collectData'
  | 'trainyard.collectKept'
  | 'trainyard.collectRemote'
  | 'trainyard.forgetData'
  | 'trainyard.forgetRemote'
  | 'trainyard.verifyData'
  | 'trainyard.checkData'
  | 'trainyard.mergeData'
  | 'trainyard.revertData'
  | 'trainyard.openEndpoint'
  | 'trainyard.closeEndpoint'
  | 'trainyard.copyEndpointUrl'
  | 'trainyard.copyCurl'
  | 'trainyard.openDrift'
  | 'trainyard.doctor'
  | 'trainyard.setUpCuda'
  | 'trainyard.setUpTensorflow'
  | 'trainyard.showSidecarLog'
  | 'trainyard.restartSidecar';
