import type { Commands } from '../command.ts';
import { mergeData, revertData } from './branches.ts';
import { collectData } from './collect.ts';
import { collectKept } from './collect-kept.ts';
import { collectRemote } from './collect-remote.ts';
import { compareData, compareRevisions, compareWithDisk, compareWithPrevious } from './compare.ts';
import type { DataNeeds } from './data-needs.ts';
import { forgetData, forgetRemote } from './forget.ts';
import { checkData } from './quality.ts';
import { fetchData, pullData, pushData, remoteStatus } from './remote.ts';
import { restoreData } from './restore.ts';
import { verifyData } from './verify.ts';
import { adoptData, versionData } from './version.ts';

export const dataCommands = (needs: DataNeeds): Commands => {
  /** What is refused for the sake of conditions is marked where these are written. */
  const marking =
    (act: (needs: DataNeeds, argument: unknown) => Promise<void>) =>
    async (argument: unknown): Promise<void> => {
      try {
        await act(needs, argument);
      } catch (error) {
        await needs.marks.showRefusal(error);
        throw error;
      }
    };
  return {
    'trainyard.versionData': (argument) => versionData(needs, argument),
    'trainyard.restoreData': (argument) => restoreData(needs, argument),
    'trainyard.diffData': (argument) => compareData(needs, argument),
    'trainyard.diffDataWithDisk': (argument) => compareWithDisk(needs, argument),
    'trainyard.diffDataWithPrevious': (argument) => compareWithPrevious(needs, argument),
    'trainyard.diffDataRevisions': (argument) => compareRevisions(needs, argument),
    'trainyard.adoptData': (argument) => adoptData(needs, argument),
    'trainyard.pushData': marking(pushData),
    'trainyard.pullData': (argument) => pullData(needs, argument),
    'trainyard.fetchData': (argument) => fetchData(needs, argument),
    'trainyard.remoteStatus': () => remoteStatus(needs),
    'trainyard.collectData': () => collectData(needs),
    'trainyard.collectKept': () => collectKept(needs),
    'trainyard.collectRemote': () => collectRemote(needs),
    'trainyard.forgetData': (argument) => forgetData(needs, argument),
    'trainyard.forgetRemote': (argument) => forgetRemote(needs, argument),
    'trainyard.verifyData': () => verifyData(needs),
    'trainyard.checkData': (argument) => checkData(needs, argument),
    'trainyard.mergeData': marking(mergeData),
    'trainyard.revertData': marking(revertData),
    'trainyard.refreshData': async () => {
      await needs.sidecar.ready();
      needs.states.refresh();
    },
  };
};
