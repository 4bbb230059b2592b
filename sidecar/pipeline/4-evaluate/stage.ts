import type { Candidate } from '../../contract/candidate.ts';
import type { Features } from '../../contract/features.ts';
import type { ModelEntry } from '../../contract/model.ts';
import type { Report } from '../../contract/report.ts';
import { modelInvalid } from '../../faults.ts';
import type { Job } from '../job.ts';
import { done, type Stage, type Start } from '../stage.ts';
import type { EvaluateInput } from './job.ts';

interface EvaluateNeeds {
  readonly evaluate: Job<EvaluateInput, Report>;
  readonly champion: (model: string) => ModelEntry | null;
  readonly objectsFolder: string;
  readonly featuresFolder: string;
}

type Needs = Start & { features: Features; candidate: Candidate };

/** Scores the candidate on the held-out rows, and the champion on the same rows. */
export const createEvaluateStage = (needs: EvaluateNeeds): Stage<Needs, { report: Report }> => {
  const championOf = ({ experiment, training }: Start) => needs.champion(training.registry.model ?? experiment);
  /** The version too: equal bytes may be registered twice, and the report names the one it means. */
  const nameOf = (champion: ModelEntry | null) => (champion === null ? null : [champion.version, champion.model]);
  return {
    name: 'evaluate',
    key: (start) => [start.candidate.model, start.features.hash, start.training.evaluation, nameOf(championOf(start))],
    run: async (start, context) => {
      const { candidate, features } = start;
      if (candidate.model === null) throw modelInvalid('the run left no model');
      const champion = championOf(start);
      const report = await needs.evaluate(
        {
          model: candidate.model,
          features,
          champion:
            champion === null
              ? null
              : { version: champion.version, model: champion.model, features: champion.features },
          metrics: start.training.evaluation.metrics,
          objectsFolder: needs.objectsFolder,
          featuresFolder: needs.featuresFolder,
        },
        context,
      );
      return done({ report }, describe(report));
    },
  };
};

const describe = ({ measures, rows }: Report): string => {
  const [first] = measures;
  const value = first?.value ?? null;
  return value === null || first === undefined
    ? `${rows} rows`
    : `${first.name} ${Number(value.toPrecision(4))} on ${rows} held-out rows`;
};
