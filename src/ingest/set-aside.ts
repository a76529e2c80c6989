/** How much of what could not be read is kept. */
const MAX_BODY = 16_384;

/** The body of a set-aside item: as text, cut. */
export const bodyOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}...` : text;
};
