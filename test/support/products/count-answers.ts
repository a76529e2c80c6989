/** Asks n times, a few at once, and counts who answered. */
export async function countAnswers(
  n: number,
  atOnce: number,
  ask: () => Promise<string>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  let left = n;
  const asker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const model = await ask();
      counts.set(model, (counts.get(model) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
  return counts;
}

/** The `content` of a chat completion. Throws with the answer's beginning when it is none. */
export async function askChat(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  const { choices } = JSON.parse(text) as {
    readonly choices: readonly { readonly message: { readonly content: string } }[];
  };
  return choices[0]?.message.content ?? '';
}
