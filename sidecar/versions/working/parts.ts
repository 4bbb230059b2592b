/** From this size on a file is worked on by several hands: below it, so little that the others hardly wait for one. */
export const PARTED_BYTES = 32 << 20;

/** What a hand is given of it at once, and a little more: some hundredths of a second of work. */
export const PART_BYTES = 4 << 20;
