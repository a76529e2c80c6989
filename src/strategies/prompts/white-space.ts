/** Texts that differ in white space alone say the same. */
export const squeezed = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
