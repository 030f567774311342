// Package lint holds the rules of the tree that no compiler checks, as tests.
package lint
