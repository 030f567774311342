package engine

import (
	"sync"

	"gotrain/internal/graph"
)

// Cache keeps the executables of one store by program and batch size: the last short
// batch of an epoch compiles once. Safe for several goroutines.
type Cache struct {
	Options Options // of later compiles

	dev   Device
	store *Store
	mu    sync.Mutex
	made  map[cacheKey]*Executable
}

type cacheKey struct {
	p     *graph.Program
	batch int
}

// NewCache makes an empty cache with DefaultOptions.
func NewCache(dev Device, store *Store) *Cache {
	return &Cache{Options: DefaultOptions(), dev: dev, store: store, made: map[cacheKey]*Executable{}}
}

// Get returns the executable of p for a batch size, compiled at the first call.
func (c *Cache) Get(p *graph.Program, batch int) (*Executable, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.made[cacheKey{p, batch}]; ok {
		return e, nil
	}
	e, err := CompileWith(c.dev, c.store, p, batch, c.Options)
	if err != nil {
		return nil, err
	}
	c.made[cacheKey{p, batch}] = e
	return e, nil
}

// Close frees all executables.
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.made {
		e.Close()
	}
	clear(c.made)
}
