import type { Candidate } from '../../contract/candidate.ts';
import type { Clearance } from '../../contract/clearance.ts';
import type { Dataset } from '../../contract/dataset.ts';
import type { Features } from '../../contract/features.ts';
import type { AliasMove, Model } from '../../contract/model.ts';
import type { Report } from '../../contract/report.ts';
import { modelInvalid } from '../../faults.ts';
import { fingerprintsOf } from '../fingerprints.ts';
import { done, type Stage, type Start } from '../stage.ts';

type Needs = Start & {
  dataset: Dataset;
  features: Features;
  candidate: Candidate;
  report: Report;
  clearance: Clearance;
};

interface RegisterNeeds {
  readonly register: (make: (version: number) => Model) => Model;
  /** Whether the name has a champion already. */
  readonly hasChampion: (model: string) => boolean;
  readonly promote: (model: Model, why: string) => AliasMove;
  readonly announce: (model: Model) => void;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: () => number;
}

/**
 * Registers a cleared candidate as an immutable version with its lineage. The first version of a name becomes
 * champion; a later one only when the run was asked to promote, since moving the champion is a person's decision.
 */
export const createRegisterStage = (needs: RegisterNeeds): Stage<Needs, { model: Model }> => ({
  name: 'register',
  key: () => null,
  run: ({ experiment, training, dataset, features, candidate, report, promote }, { run, log }) => {
    const hash = candidate.model;
    if (hash === null) throw modelInvalid('the run left no model');
    const name = training.registry.model ?? experiment;
    const model = needs.register((version) => ({
      name,
      version,
      model: hash,
      bytes: candidate.modelBytes,
      run,
      dataset: { name: dataset.dataset.name, version: dataset.dataset.version, hash: dataset.dataset.hash },
      features,
      measures: report.measures,
      fingerprints: fingerprintsOf(training, dataset, needs.environment),
      tags: training.registry.tags,
      createdAt: needs.clock(),
    }));
    const first = !needs.hasChampion(name);
    if (first || promote) needs.promote(model, first ? 'first version' : `promoted by ${run}`);
    needs.announce(model);
    const note = `${name} v${model.version}${first || promote ? ' is champion' : ' waits for promotion'}`;
    log('info', note);
    return Promise.resolve(done({ model }, note));
  },
});
