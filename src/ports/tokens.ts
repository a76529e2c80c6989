/** How many tokens a text is. */

export interface TokenCount {
  readonly tokens: number;
  /** The encoding that was counted with, such as `o200k_base`. */
  readonly encoding: string;
  /** False when the model's own encoding is not known here: the count is then about right. */
  readonly isExact: boolean;
}

export interface TokenCounter {
  /** `model` as a configuration names it. Any text is counted; what looks like a control token is text. */
  count(text: string, model: string): Promise<TokenCount>;
}
