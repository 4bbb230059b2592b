import { Training } from '../contract/training.ts';
import { crossChecks } from './cross-checks.ts';
import { readTraining, type Place, type TrainingDocument } from './document.ts';
import type { Finding } from './finding.ts';
import { sayIssue, type Issue } from './issues.ts';
import type { ProjectState } from './project.ts';
import type { Path } from './span.ts';

/**
 * Everything that is wrong with a text, one finding a fault, each at its exact range.
 * What depends on the project is information, never an error, and is silent while the project is unknown.
 */
export const diagnose = (text: string, project: ProjectState): readonly Finding[] => {
  const document = readTraining(text);
  const faults = document.faults.map((fault) => ({ ...fault, severity: 'error' as const, fixes: [], origin: null }));
  if (document.value === undefined) return faults;
  const checked = Training.safeParse(document.value ?? {});
  const issues = checked.error?.issues ?? [];
  const wrong = issues.flatMap((issue) => toFindings(issue as Issue, document, text));
  const doubtful = crossChecks(document, text, project);
  return [...faults, ...wrong, ...doubtful];
};

const toFindings = (issue: Issue, document: TrainingDocument, text: string): readonly Finding[] =>
  sayIssue(issue, document.value).flatMap(({ path, on, message, replacement }) => {
    const place = nearestPlace(document, path);
    const span = on === 'key' ? place.key : place.value;
    // The value comes from the environment at the start of a run; its type is not known before.
    if (/\$\{env:/.test(text.slice(span.start, span.end)) && on === 'value') return [];
    const fixes =
      replacement === null || place.origin !== null
        ? []
        : [{ title: `Change to “${replacement}”`, edits: [{ span, text: replacement }], preferred: true }];
    return [{ severity: 'error' as const, message, span, fixes, origin: place.origin }];
  });

/** Where the path, or the nearest of its ancestors that is written, stands. */
const nearestPlace = (document: TrainingDocument, path: Path): Place => {
  for (let length = path.length; length > 0; length -= 1) {
    const place = document.find(path.slice(0, length));
    if (place !== null) return length === path.length ? place : { ...place, value: place.key };
  }
  return { key: { start: 0, end: 1 }, value: { start: 0, end: 1 }, origin: null };
};
