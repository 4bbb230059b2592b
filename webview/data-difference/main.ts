import './data-difference.css';
import type { DataDifferenceContent, DataDifferenceUp } from '../contract/data-difference.ts';
import { runPage } from '../shared/page.ts';
import { section } from '../shared/section.ts';
import { fileSection } from './files.ts';
import { drawHead } from './head.ts';
import { drawPictures } from './pictures.ts';
import { drawTables } from './tables.ts';

/** Two states of a data set: the labels, rows, pictures and files that differ, most telling first. */
runPage<DataDifferenceContent, DataDifferenceUp>({
  waiting: 'Comparing the data …',
  sections: (send, ask) => [
    section('head', ({ difference, outdated }: DataDifferenceContent) => drawHead({ difference, outdated }, send)),
    section('tables', ({ difference }: DataDifferenceContent) => drawTables(difference, send)),
    section('pictures', ({ difference, sheets }: DataDifferenceContent) => drawPictures(difference, sheets)),
    fileSection(send, ask),
  ],
});
