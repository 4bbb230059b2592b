import type { FileContent } from '../versions/tree/contents.ts';
import type { ImageSpec } from './decode-image.ts';

/** What a thread that decodes pictures is started with. */
export interface DecoderStart {
  /** Folder of the store of data versions. */
  readonly dataFolder: string;
  readonly spec: ImageSpec;
}

/** A picture by its content, and what it is called in a message. */
export interface EncodedPicture extends FileContent {
  readonly shown: string;
}

export interface DecodeOrder {
  readonly id: number;
  readonly pictures: readonly EncodedPicture[];
}

/** Rows of pixels one behind the other, or the first picture that cannot be read. */
export type DecodeWord =
  | { readonly id: number; readonly pixels: Uint8Array }
  | { readonly id: number; readonly shown: string; readonly why: string };
