/**
 * Reads the bodies of requests: each up to a limit, and all that are under way together up to another. Bytes count when they have come: a sender that
 * announces much and sends nothing takes nobody's room.
 */
import type { Readable } from 'node:stream';

/** Why a body is not read, with the status that says so over HTTP. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly statusCode: 400 | 413 | 503;

  constructor(statusCode: 400 | 413 | 503, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export interface Bodies {
  /** No byte more has room. */
  isFull(): boolean;
  /**
   * @param announced bytes; 0 when nothing is
   * @throws BodyRefused 413 above `mostBytes`, 503 when there is no room for more, 400 when it is cut
   */
  read(payload: Readable, announced: number): Promise<Buffer>;
}

/**
 * @param mostBytes of one body, as it is sent
 * @param mostTogether bytes of all that are not whole yet
 */
export function createBodies(mostBytes: number, mostTogether: number): Bodies {
  let together = 0;
  const isFull = (): boolean => together >= mostTogether;
  const isCut = (): BodyRefused => new BodyRefused(400, 'body: it was cut');
  const tooLarge = (): BodyRefused => new BodyRefused(413, `body: it is larger than ${mostBytes} bytes`);
  return {
    isFull,
    read: async (payload, announced) => {
      if (announced > mostBytes) throw tooLarge();
      if (payload.destroyed) throw isCut();
      return new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const end = (refused: BodyRefused | null): void => {
          payload.off('data', take).off('end', whole).off('error', cut).off('close', cut);
          together -= bytes;
          if (!refused) {
            resolve(Buffer.concat(chunks, bytes));
            return;
          }
          // What it says after that is nobody's to hear.
          payload.on('error', () => undefined);
          reject(refused);
        };
        const take = (chunk: Buffer): void => {
          bytes += chunk.length;
          together += chunk.length;
          chunks.push(chunk);
          if (bytes > mostBytes) end(tooLarge());
          else if (together > mostTogether) end(new BodyRefused(503, 'no room for more bodies'));
        };
        const whole = (): void => end(null);
        const cut = (): void => end(isCut());
        payload.on('data', take).on('end', whole).on('error', cut).on('close', cut);
      });
    },
  };
}
