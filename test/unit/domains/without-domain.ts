/** Public functions that cannot be called with a value outside their domain, each with the reason. */
export const withoutDomain: Readonly<Record<string, string>> = {};
