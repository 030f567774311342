package data

import (
	"fmt"
	"slices"
	"sync/atomic"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/rng"
)

// The fields of data.pairs: label. A sample is a picture, a partner drawn for it, and
// whether their labels are the same, which every second pair's are on average.
const (
	leftName  = "left"
	rightName = "right"
	sameName  = "same"
)

// pairFields replaces the fields of a source of labelled pictures by those of pairs.
func pairFields(d config.Data, fields []config.Field) ([]config.Field, diag.List) {
	var diags diag.List
	find := func(name string) *config.Field {
		i := slices.IndexFunc(fields, func(f config.Field) bool { return f.Name == name })
		if i < 0 {
			return nil
		}
		return &fields[i]
	}
	image, by := find(imageName), find(d.Pairs)
	if image == nil || image.Int || by == nil || !by.Int || by.Consts["classes"] < 2 {
		var have []string
		for _, f := range fields {
			have = append(have, f.Name)
		}
		g := diags.Errorf("bad-pairs", d.PairsPos, "pairs: %s asks for a field %q of pictures and a field %q of classes", d.Pairs, imageName, d.Pairs)
		g.Path, g.Hint = "data.pairs", fmt.Sprintf("source %s gives %v; pairs: label is for mnist and its like", d.Source, have)
		return nil, diags
	}
	return []config.Field{
		{Name: leftName, Shape: image.Shape, Consts: image.Consts},
		{Name: rightName, Shape: image.Shape, Consts: image.Consts},
		{Name: sameName, Shape: []int{}},
	}, diags
}

// pairSets makes pairs of every set.
func pairSets(d config.Data, o Options, s *Sets) error {
	for _, set := range []*Dataset{&s.Train, &s.Val, &s.Test} {
		if *set == nil {
			continue
		}
		p, err := newPairs(*set, d.Pairs, o.Seed)
		if err != nil {
			return err
		}
		*set = p
	}
	s.Hashes["pairs"] = d.Pairs // a resumed run must not read single pictures
	return nil
}

// pairs are the samples of a data set, each with a partner: a function of (seed, epoch,
// sample) alone, and of epoch 0 in evaluation.
type pairs struct {
	of     Dataset
	fields []config.Field
	by     string
	labels []int32   // (n)
	member [][]int32 // (classes) the samples of each class
	stream rng.Stream
	single []config.Field // the fields of `of`
	// spare is a batch of `of` between two uses. A goroutine that finds none makes its own.
	spare atomic.Pointer[Batch]
}

// newPairs reads all labels once.
func newPairs(of Dataset, by string, seed int64) (*pairs, error) {
	fields, diags := pairFields(config.Data{Pairs: by}, of.Fields())
	if err := diags.Err(); err != nil {
		return nil, err
	}
	p := &pairs{of: of, fields: fields, by: by, labels: make([]int32, of.Len()), single: of.Fields(), stream: rng.NewStream(seed, "data.pairs")}
	const rows = 256
	b, idx := newBatch(p.single, rows), make([]int32, 0, rows)
	for from := 0; from < len(p.labels); from += rows {
		idx = idx[:0]
		for i := from; i < min(from+rows, len(p.labels)); i++ {
			idx = append(idx, int32(i))
		}
		b.resize(p.single, len(idx))
		if err := of.Gather(b, idx); err != nil {
			return nil, err
		}
		copy(p.labels[from:], b.Int[by])
	}
	count := make([]int, 1+slices.Max(p.labels))
	for _, c := range p.labels {
		count[c]++
	}
	p.member = make([][]int32, len(count))
	for c, n := range count {
		p.member[c] = make([]int32, 0, n)
	}
	for i, c := range p.labels {
		p.member[c] = append(p.member[c], int32(i))
	}
	return p, nil
}

// addPairs adds what pairs take beside the data set: each sample's label and its place in
// its class, and the two pictures that a pair is made of.
func (s *Size) addPairs(o Options, fields []config.Field) {
	single := 8 // index and position
	for _, f := range fields {
		single += 4 * elements(f.Shape)
	}
	s.BatchBytes = 2 * int64(single)
	for _, samples := range s.Samples(o.Need) {
		s.Bytes += 2 * 4 * int64(samples)
	}
}

func (p *pairs) Name() string           { return p.of.Name() + " pairs" }
func (p *pairs) Len() int               { return p.of.Len() }
func (p *pairs) Fields() []config.Field { return p.fields }

// Gather implements Dataset. Of one batch both pictures are read with one call, left rows
// first.
func (p *pairs) Gather(dst *Batch, idx []int32) error {
	single := p.spare.Swap(nil)
	if single == nil || len(single.capacity.index) < 2*len(idx) {
		single = newBatch(p.single, 2*len(idx))
	}
	defer p.spare.Store(single)
	single.resize(p.single, 2*len(idx))
	single.Epoch = dst.Epoch
	both := single.Index
	copy(both, idx)
	same := dst.Float[sameName]
	for row, i := range idx {
		partner := p.partner(dst.Epoch, i)
		both[len(idx)+row] = partner
		same[row] = 0
		if p.labels[i] == p.labels[partner] {
			same[row] = 1
		}
	}
	if err := p.of.Gather(single, both); err != nil {
		return err
	}
	image := single.Float[imageName]
	half := len(image) / 2
	copy(dst.Float[leftName], image[:half])
	copy(dst.Float[rightName], image[half:])
	return nil
}

// partner draws another sample: of the same class every second time, else of another. A
// class of one sample, or the only class, leaves no choice.
func (p *pairs) partner(epoch int, i int32) int32 {
	words := p.stream.Block(uint32(epoch), uint32(i), 0)
	own := p.member[p.labels[i]]
	others := len(p.labels) - len(own)
	wantsSame := words[0]&1 == 0
	if wantsSame && len(own) > 1 || others == 0 {
		at := pick(words[1], max(len(own)-1, 1))
		if own[at] >= i && len(own) > 1 { // skip the sample itself: own is in order
			at++
		}
		return own[at]
	}
	at := pick(words[1], others) // among the samples of the other classes, class by class
	for c, m := range p.member {
		switch {
		case int32(c) == p.labels[i]:
		case at < len(m):
			return m[at]
		default:
			at -= len(m)
		}
	}
	return i // not reached: at is below the count of the others
}

// pick is a draw from [0, n): the bias of a multiplied word is below n / 2^32.
func pick(word uint32, n int) int { return int(uint64(word) * uint64(n) >> 32) }

// withPairs is Fields where the section asks for pairs.
func withPairs(d config.Data, fields []config.Field, diags diag.List) ([]config.Field, diag.List) {
	if d.Pairs == "" || diags.HasErrors() {
		return fields, diags
	}
	fields, more := pairFields(d, fields)
	diags.Append(more)
	return fields, diags
}
