/** Which texts PostgreSQL stores as they are: none with NUL, none with half a surrogate pair. */
export const isStorableText = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);
