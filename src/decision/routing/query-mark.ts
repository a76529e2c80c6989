/** A short mark of a request's id, by which a router remembers what it has seen. Not for security. */

/** FNV-1a over UTF-16 units with the finaliser of MurmurHash3: 32 bits, from 0. Two ids of a thousand share one in about 1 of 9,000 sets. */
export const queryMark = (queryId: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < queryId.length; i++) {
    hash = Math.imul(hash ^ queryId.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
