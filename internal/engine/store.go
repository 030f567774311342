package engine

import (
	"fmt"
	"slices"
	"sync"

	"gotrain/internal/graph"
)

// Store holds the states of one run on one device: parameters, moments, accumulators,
// metric sums. All executables of the run share it and see each other's commits.
type Store struct {
	dev    Device
	mu     sync.Mutex // held by methods and by a running Step
	states map[string]*stored
	order  []string
}

// stored is one state. front is its value; back, made when the first program that changes
// it is compiled, takes the next one. A commit swaps them.
type stored struct {
	role        graph.Role
	shape       []int
	size        int
	front, back Buffer
}

// NewStore makes an empty store.
func NewStore(dev Device) *Store {
	return &Store{dev: dev, states: map[string]*stored{}}
}

// Ensure declares states; new ones start as zeros. A name already declared must come with
// the same shape and role.
func (s *Store) Ensure(states []graph.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range states {
		if err := s.ensure(st); err != nil {
			return fmt.Errorf("engine: state %q: %w", st.Name, err)
		}
	}
	return nil
}

func (s *Store) ensure(st graph.State) error {
	if st.Value == nil || st.Value.Shape.Batched() {
		return fmt.Errorf("its shape depends on the batch")
	}
	shape := st.Value.Shape.At(1)
	if old, ok := s.states[st.Name]; ok {
		if !slices.Equal(old.shape, shape) || old.role != st.Role {
			return fmt.Errorf("one program has it as %s %v, another as %s %v", old.role, old.shape, st.Role, shape)
		}
		return nil
	}
	front, err := s.dev.Alloc(product(shape))
	if err != nil {
		return err
	}
	s.states[st.Name] = &stored{role: st.Role, shape: shape, size: product(shape), front: front}
	s.order = append(s.order, st.Name)
	return nil
}

// bind gives the states of f, with back buffers for those it changes.
func (s *Store) bind(f *Func) ([]*stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*stored, len(f.States))
	for i, st := range f.States {
		x := s.states[st.Name]
		if st.Next != None && x.back == nil {
			var err error
			if x.back, err = s.dev.Alloc(x.size); err != nil {
				return nil, fmt.Errorf("engine: state %q: %w", st.Name, err)
			}
		}
		list[i] = x
	}
	return list, nil
}

// Init sets each of states to its initial value, which depends on seed and its name only.
// One that is not declared is an error.
func (s *Store) Init(seed int64, states []graph.State) error {
	var buf []float32
	for _, st := range states {
		n := product(s.Shape(st.Name))
		if len(buf) < n {
			buf = make([]float32, n)
		}
		data := buf[:n]
		st.Init.Fill(data, seed, st.Name)
		if err := s.Set(st.Name, data); err != nil {
			return err
		}
	}
	return nil
}

// Names lists the states of the given roles, all without one, in declaration order.
func (s *Store) Names(roles ...graph.Role) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, name := range s.order {
		if len(roles) == 0 || slices.Contains(roles, s.states[name].role) {
			names = append(names, name)
		}
	}
	return names
}

// Role is the role of a declared state.
func (s *Store) Role(name string) graph.Role {
	if x := s.find(name); x != nil {
		return x.role
	}
	return 0
}

// Shape is the shape of a declared state, nil for a scalar or an unknown name.
func (s *Store) Shape(name string) []int {
	if x := s.find(name); x != nil {
		return slices.Clone(x.shape)
	}
	return nil
}

// Has reports whether a state is declared.
func (s *Store) Has(name string) bool { return s.find(name) != nil }

func (s *Store) find(name string) *stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states[name]
}

// Get returns a copy of a state.
func (s *Store) Get(name string) ([]float32, error) { return s.GetInto(nil, name) }

// GetInto returns a copy of a state in buf, where it fits.
func (s *Store) GetInto(buf []float32, name string) ([]float32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.states[name]
	if x == nil {
		return nil, fmt.Errorf("engine: no state %q", name)
	}
	if cap(buf) < x.size {
		buf = make([]float32, x.size)
	}
	buf = buf[:x.size]
	return buf, x.front.Read(buf)
}

// Set gives a state a value; data has its elements in row-major order.
func (s *Store) Set(name string, data []float32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.states[name]
	if x == nil {
		return fmt.Errorf("engine: no state %q", name)
	}
	if len(data) != x.size {
		return fmt.Errorf("engine: state %q of shape %v set to %d elements", name, x.shape, len(data))
	}
	return x.front.Write(data)
}

// Zero sets the states of the given roles to 0.
func (s *Store) Zero(roles ...graph.Role) error {
	for _, name := range s.Names(roles...) {
		if err := s.Set(name, make([]float32, product(s.Shape(name)))); err != nil {
			return err
		}
	}
	return nil
}

// Bytes is the memory of all states, both buffers.
func (s *Store) Bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, x := range s.states {
		n += 4 * x.size
		if x.back != nil {
			n += 4 * x.size
		}
	}
	return n
}

// Close frees the buffers. The executables of the store are unusable afterwards.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.states {
		x.front.Free()
		if x.back != nil {
			x.back.Free()
		}
	}
	clear(s.states)
	s.order = nil
}
