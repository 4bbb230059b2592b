import type { Hash } from '../../contract/ids.ts';
import { Prediction, type Report } from '../../contract/report.ts';
import type { PredictionPairs } from './compare-with-champion.ts';

/** What candidate and champion said of the same held-out rows; null when the champion was not scored. */
export const pairPredictions = (report: Report, readObject: (hash: Hash) => Uint8Array): PredictionPairs | null => {
  if (report.champion === null) return null;
  const read = (hash: Hash) => Prediction.array().parse(JSON.parse(Buffer.from(readObject(hash)).toString('utf8')));
  const candidate = read(report.predictions);
  const champion = read(report.champion.predictions);
  return {
    truth: candidate.map((prediction) => prediction.truth),
    candidate: candidate.map((prediction) => prediction.predicted),
    champion: champion.map((prediction) => prediction.predicted),
    classes: report.confusion?.labels.length ?? 0,
  };
};
