//go:build !amd64

package cpu

func vectorSets() []*Kernels { return nil }
