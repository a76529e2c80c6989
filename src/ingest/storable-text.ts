/** Which texts PostgreSQL stores as they are: none with NUL, none with half a surrogate pair. */
export const isStorableText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
