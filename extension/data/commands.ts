import type { Commands } from '../command.ts';
import { compareData, compareRevisions, compareWithDisk, compareWithPrevious } from './compare.ts';
import type { DataNeeds } from './data-needs.ts';
import { restoreData } from './restore.ts';
import { versionData } from './version.ts';

export const dataCommands = (needs: DataNeeds): Commands => ({
  'trainyard.versionData': (argument) => versionData(needs, argument),
  'trainyard.restoreData': (argument) => restoreData(needs, argument),
  'trainyard.diffData': (argument) => compareData(needs, argument),
  'trainyard.diffDataWithDisk': (argument) => compareWithDisk(needs, argument),
  'trainyard.diffDataWithPrevious': (argument) => compareWithPrevious(needs, argument),
  'trainyard.diffDataRevisions': (argument) => compareRevisions(needs, argument),
  'trainyard.refreshData': async () => {
    await needs.sidecar.ready();
    needs.states.refresh();
  },
});
