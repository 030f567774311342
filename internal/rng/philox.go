// Package rng is gotrain's only source of random numbers: Philox4x32-10, a pure
// function of a counter and a key (Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", 2011). The same arguments give the same numbers on every
// device, at any batch size, thread count or point of a resumed run.
//
// A Stream names what is drawn (a parameter's initial value, a noise node, a
// permutation); a draw within it is addressed by (epoch, index, lane).
package rng

import (
	"hash/fnv"
	"math"
	"math/bits"
)

// Philox returns the four words of one counter under one key.
func Philox(ctr [4]uint32, key [2]uint32) [4]uint32 {
	const (
		m0, m1 = 0xD2511F53, 0xCD9E8D57
		w0, w1 = 0x9E3779B9, 0xBB67AE85
	)
	for range 10 {
		h0, l0 := bits.Mul32(m0, ctr[0])
		h1, l1 := bits.Mul32(m1, ctr[2])
		ctr = [4]uint32{h1 ^ ctr[1] ^ key[0], l1, h0 ^ ctr[3] ^ key[1], l0}
		key[0] += w0
		key[1] += w1
	}
	return ctr
}

// Stream is one named sequence under one seed.
type Stream struct{ Key [2]uint32 }

// NewStream derives the key of a named stream: FNV-1a of the name, mixed with the seed by Philox.
func NewStream(seed int64, name string) Stream {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	n := h.Sum64()
	r := Philox([4]uint32{uint32(n), uint32(n >> 32), uint32(seed), uint32(uint64(seed) >> 32)}, [2]uint32{0x67746e21, 0x73747265})
	return Stream{Key: [2]uint32{r[0], r[1]}}
}

// Block returns four words for lane block of one index in one epoch.
func (s Stream) Block(epoch, index, block uint32) [4]uint32 {
	return Philox([4]uint32{block, index, epoch, 0}, s.Key)
}

// Unit maps a word to (0, 1): never 0, never 1, exact in float32.
func Unit(w uint32) float64 { return (float64(w>>9) + 0.5) / (1 << 23) }

// Uniform fills dst with the numbers in (0, 1) of one (epoch, index).
func (s Stream) Uniform(dst []float32, epoch, index uint32) {
	for i := 0; i < len(dst); i += 4 {
		w := s.Block(epoch, index, uint32(i/4))
		for j := 0; j < 4 && i+j < len(dst); j++ {
			dst[i+j] = float32(Unit(w[j]))
		}
	}
}

// Normal fills dst with the standard normal numbers of one (epoch, index), by the
// Box-Muller transform on pairs of words.
func (s Stream) Normal(dst []float32, epoch, index uint32) {
	for i := 0; i < len(dst); i += 4 {
		w := s.Block(epoch, index, uint32(i/4))
		var z [4]float32
		z[0], z[1] = boxMuller(w[0], w[1])
		z[2], z[3] = boxMuller(w[2], w[3])
		copy(dst[i:], z[:])
	}
}

func boxMuller(u, v uint32) (float32, float32) {
	r := math.Sqrt(-2 * math.Log(Unit(u)))
	sin, cos := math.Sincos(2 * math.Pi * Unit(v))
	return float32(r * cos), float32(r * sin)
}
