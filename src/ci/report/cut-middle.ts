/**
 * As many of `pieces` as fit, from the beginning and from the end in turn: what came first and what came last says most. `note` stands where
 * the others were, and is told how many those are. `most`: what all together may weigh, as `weigh` says.
 */
export function cutMiddle<Piece>(
  pieces: readonly Piece[],
  most: number,
  weigh: (piece: Piece) => number,
  note: (left: number) => Piece,
): readonly Piece[] {
  const total = pieces.reduce((sum, piece) => sum + weigh(piece), 0);
  if (total <= most) return pieces;
  // a note about all is the longest
  let room = most - weigh(note(pieces.length));
  const head: Piece[] = [];
  const tail: Piece[] = [];
  for (let taken = 0; taken < pieces.length; taken++) {
    const side = taken % 2 === 0 ? head : tail;
    const piece = side === head ? pieces[head.length] : pieces[pieces.length - 1 - tail.length];
    if (piece === undefined || weigh(piece) > room) break;
    room -= weigh(piece);
    side.push(piece);
  }
  return [...head, note(pieces.length - head.length - tail.length), ...tail.reverse()];
}
