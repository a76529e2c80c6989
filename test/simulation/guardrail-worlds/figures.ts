/** Figures by name, and how numbers are shown beside them. */
export type Figures = Record<string, number | null>;

export const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;
export const count = (value: number | null): string => (value === null ? '-' : String(Math.round(value)));
