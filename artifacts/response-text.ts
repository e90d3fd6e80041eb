/**
 * What a service says in answer, of which little is wanted: it may go on for ever.
 */

/** The beginning of an answer's body as text; what comes after it is not waited for. @param most - in bytes */
export async function responseText({ body }: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const arriving: AsyncIterable<Uint8Array> | readonly Uint8Array[] = body ?? [];
  for await (const chunk of arriving) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most).toString();
}
