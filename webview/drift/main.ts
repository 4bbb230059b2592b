import './drift.css';
import type { DriftContent, DriftUp } from '../contract/drift.ts';
import { runPage } from '../shared/page.ts';
import { section } from '../shared/section.ts';
import { drawFeatures } from './features.ts';
import { drawHead } from './head.ts';
import { drawOverview } from './overview.ts';

/** How live traffic differs from what the model was trained on, feature by feature, and what to do about it. */
runPage<DriftContent, DriftUp>({
  waiting: 'Reading the windows …',
  sections: (send) => [
    section('head', ({ report }: DriftContent) => drawHead(report, send)),
    section('overview', ({ report }: DriftContent) => drawOverview(report)),
    section('features', ({ report }: DriftContent) => drawFeatures(report)),
  ],
});
