/**
 * Who asks what: draws a live query and a user for each request, from a seed. Draws are independent, so the mix of
 * queries is the same in every stretch of time.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RecordedArrival } from './recordings.ts';

const USERS = 500;
/** A user's session ends after each request with this chance: some 6 requests a session. */
const SESSION_END = { one: 1, in: 6 };

/** Body of `POST /v1/chat/completions`. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: 'user'; readonly content: string }[];
  readonly user: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface TrafficMix {
  /** The next request to `serviceId`; the token counts of the recorded traffic travel in its metadata. */
  next(serviceId: string, arrival: RecordedArrival): ChatBody;
}

export function createTrafficMix({
  seed,
  queryIds,
}: {
  readonly seed: number;
  readonly queryIds: readonly string[];
}): TrafficMix {
  const random = xoroshiro128plus(seed);
  const sessions = new Map<number, number>();
  return {
    next: (serviceId, { inputTokens, outputTokens }) => {
      const queryId = queryIds[uniformInt(random, 0, queryIds.length - 1)] ?? '';
      const userNo = uniformInt(random, 1, USERS);
      const sessionNo = sessions.get(userNo) ?? 1;
      if (uniformInt(random, 1, SESSION_END.in) <= SESSION_END.one) sessions.set(userNo, sessionNo + 1);
      return {
        model: serviceId,
        messages: [{ role: 'user', content: `[replay] recorded query ${queryId}` }],
        user: `user-${userNo}`,
        metadata: {
          query_id: queryId,
          session_id: `user-${userNo}-session-${sessionNo}`,
          input_tokens: String(inputTokens),
          output_tokens: String(outputTokens),
        },
      };
    },
  };
}
