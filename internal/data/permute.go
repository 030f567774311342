package data

import (
	"math/bits"

	"gotrain/internal/rng"
)

// permutation is a keyed bijection on [0, n), computed for any position by itself: an
// epoch's order needs no memory, and a resumed run needs nothing but its position.
//
// It is a Feistel network over the fewest bits that hold n-1, alternating between the two
// halves so that an odd number of bits works too, with Philox as round function. Values
// at or above n are sent through again (cycle walking), which stays a bijection and takes
// less than two passes on average, as n fills more than half of the range.
type permutation struct {
	stream   rng.Stream
	epoch    uint32
	n        uint32
	low      int    // bits of the right half
	lowMask  uint32 // of the right half
	highMask uint32 // of the left half
}

// feistelRounds is 4 for each half: 3 give a pseudo-random permutation (Luby and Rackoff),
// and the halves are too small here to be frugal.
const feistelRounds = 8

func newPermutation(seed int64, epoch, n int) permutation {
	width := bits.Len32(uint32(max(n-1, 0)))
	low := (width + 1) / 2
	return permutation{
		stream: rng.NewStream(seed, "data.shuffle"), epoch: uint32(epoch), n: uint32(n),
		low: low, lowMask: 1<<low - 1, highMask: 1<<(width-low) - 1,
	}
}

// at gives the sample at a position of the epoch's order.
func (p *permutation) at(position int) int32 {
	x := uint32(position)
	for {
		x = p.once(x)
		if x < p.n {
			return int32(x)
		}
	}
}

func (p *permutation) once(x uint32) uint32 {
	l, r := x>>p.low, x&p.lowMask
	for round := uint32(0); round < feistelRounds; round += 2 {
		l ^= p.stream.Block(p.epoch, r, round)[0] & p.highMask
		r ^= p.stream.Block(p.epoch, l, round+1)[0] & p.lowMask
	}
	return l<<p.low | r
}
