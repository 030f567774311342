// Package config turns a YAML file and command-line overrides into a Config, or into
// a list of everything that is wrong with them, each with its place.
//
// In: bytes and overrides. Out: Config (decoded sections, expressions parsed to the
// AST of ast.go) and a diag.List with every problem of the file. It checks what needs
// no shapes; names, ops and shapes are the graph's. It opens no data, makes no folder,
// and imports only diag. A Config is read-only after Load.
package config
