import type { Commands } from '../command.ts';
import { mergeData, revertData } from './branches.ts';
import { collectData } from './collect.ts';
import { compareData, compareRevisions, compareWithDisk, compareWithPrevious } from './compare.ts';
import type { DataNeeds } from './data-needs.ts';
import { checkData } from './quality.ts';
import { fetchData, pullData, pushData, remoteStatus } from './remote.ts';
import { restoreData } from './restore.ts';
import { adoptData, versionData } from './version.ts';

export const dataCommands = (needs: DataNeeds): Commands => ({
  'trainyard.versionData': (argument) => versionData(needs, argument),
  'trainyard.restoreData': (argument) => restoreData(needs, argument),
  'trainyard.diffData': (argument) => compareData(needs, argument),
  'trainyard.diffDataWithDisk': (argument) => compareWithDisk(needs, argument),
  'trainyard.diffDataWithPrevious': (argument) => compareWithPrevious(needs, argument),
  'trainyard.diffDataRevisions': (argument) => compareRevisions(needs, argument),
  'trainyard.adoptData': (argument) => adoptData(needs, argument),
  'trainyard.pushData': (argument) => pushData(needs, argument),
  'trainyard.pullData': (argument) => pullData(needs, argument),
  'trainyard.fetchData': (argument) => fetchData(needs, argument),
  'trainyard.remoteStatus': () => remoteStatus(needs),
  'trainyard.collectData': () => collectData(needs),
  'trainyard.checkData': (argument) => checkData(needs, argument),
  'trainyard.mergeData': () => mergeData(needs),
  'trainyard.revertData': (argument) => revertData(needs, argument),
  'trainyard.refreshData': async () => {
    await needs.sidecar.ready();
    needs.states.refresh();
  },
});
